/** The one-time set-up: name of the clinic and of the person who starts it. */
import { type Signal, useSignal } from "@preact/signals";
import type { Client, Door } from "../../client";
import { Field } from "../../ui/field";
import { Icon } from "../../ui/icon";
import { Page } from "../../ui/page";
import { Banner } from "../../ui/parts";
import { t } from "../../words";
import type { OnStuck } from "./join";

interface SetupProps {
  readonly door: Door;
  readonly fragment: string;
  readonly onOpen: (client: Client) => void;
  readonly onStuck: OnStuck;
}

/** Letters a name may have. */
const NAME_LETTERS_MAX = 80;

export function Setup({ door, fragment, onOpen, onStuck }: SetupProps) {
  const clinic = useSignal("");
  const person = useSignal("");
  const state = useSignal<"" | "missing" | "busy" | "failed">("");
  const found = async (event: Event) => {
    event.preventDefault();
    if (state.peek() === "busy") return;
    const names = { clinic: clinic.peek().trim(), person: person.peek().trim() };
    if (!names.clinic || !names.person) {
      state.value = "missing";
      return;
    }
    state.value = "busy";
    try {
      onOpen(await door.found(fragment, names));
    } catch (error) {
      const again = (pin?: string) => door.found(fragment, names, pin);
      state.value = onStuck(error, again) ? "" : "failed";
    }
  };
  const missing = (name: string) =>
    state.value === "missing" && !name.trim() ? t("door.setupMissing") : "";
  return (
    <form onSubmit={(event) => void found(event)} noValidate>
      <Page
        help={false}
        testid="setup"
        foot={
          <button
            type="submit"
            class="btn main-act"
            data-testid="setup-save"
            aria-disabled={state.value === "busy"}
          >
            <Icon name="check" />
            {t(state.value === "busy" ? "wait.moment" : "door.setupSave")}
          </button>
        }
      >
        <h1>{t("door.setup")}</h1>
        <p class="soft">{t("door.setupBody")}</p>
        <Name id="setup-clinic" label={t("door.setupClinic")} value={clinic} missing={missing} />
        <Name id="setup-person" label={t("door.setupPerson")} value={person} missing={missing} />
        <div role="alert">
          {state.value === "failed" && (
            <Banner icon="alert" tone="warn" testid="setup-failed">
              <p>{t("door.setupFailed")}</p>
            </Banner>
          )}
        </div>
      </Page>
    </form>
  );
}

interface NameProps {
  readonly id: string;
  readonly label: string;
  readonly value: Signal<string>;
  readonly missing: (name: string) => string;
}

function Name({ id, label, value, missing }: NameProps) {
  const error = missing(value.value);
  return <Field id={id} label={label} value={value} max={NAME_LETTERS_MAX} error={error} />;
}
