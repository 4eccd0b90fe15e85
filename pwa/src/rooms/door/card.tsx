/** Coming in by a printed card; each way in which it can be wrong is told apart. */
import { useSignal } from "@preact/signals";
import type { Client, Door } from "../../client";
import { Field } from "../../ui/field";
import { Page } from "../../ui/page";
import { Banner } from "../../ui/parts";
import { addWords, t, type WordId } from "../../words";
import { enMembers } from "../../words/en-members";
import type { OnStuck } from "./join";

addWords(enMembers);

const CARD_LETTERS_MAX = 40;
const WRONG: Readonly<Record<string, WordId>> = {
  schema: "card.schema",
  target: "card.target",
  removed: "card.removed",
  limit: "card.limit",
  tag: "card.tag",
};

interface EnterProps {
  readonly door: Door;
  readonly onOpen: (client: Client) => void;
  readonly onStuck: OnStuck;
  readonly onBack: () => void;
}

export function EnterByCard({ door, onOpen, onStuck, onBack }: EnterProps) {
  const typed = useSignal("");
  const state = useSignal<"" | "busy" | WordId>("");
  const enter = async (event: Event) => {
    event.preventDefault();
    if (state.peek() === "busy") return;
    state.value = "busy";
    const code = typed.peek();
    try {
      onOpen(await door.recover(code));
    } catch (error) {
      const wrong = WRONG[String((error as { code?: unknown }).code)];
      const isSeenTo = wrong === undefined && onStuck(error, (pin) => door.recover(code, pin));
      state.value = isSeenTo ? "" : (wrong ?? "card.failed");
    }
  };
  const isBusy = state.value === "busy";
  const words = state.value === "" || state.value === "busy" ? undefined : state.value;
  return (
    <form onSubmit={(event) => void enter(event)} noValidate>
      <Page
        help={false}
        testid="card"
        foot={
          <>
            <button
              type="submit"
              class="btn main-act"
              data-testid="card-enter"
              aria-disabled={isBusy}
            >
              {t(isBusy ? "card.busy" : "card.enter")}
            </button>
            <button type="button" class="btn wide" data-testid="card-back" onClick={onBack}>
              {t("act.back")}
            </button>
          </>
        }
      >
        <h1>{t("card.title")}</h1>
        <p>{t("card.body")}</p>
        <Field
          id="card-typed"
          label={t("paper.field")}
          value={typed}
          max={CARD_LETTERS_MAX}
          error={words === "card.schema" ? t(words) : ""}
        />
        <div role="alert">
          {words !== undefined && words !== "card.schema" && (
            <Banner icon="alert" tone="warn" testid={words.replace(".", "-")}>
              <p>{t(words)}</p>
            </Banner>
          )}
        </div>
      </Page>
    </form>
  );
}
