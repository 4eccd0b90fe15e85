/** Whom patients call: the clinic's own card, written once and carried to every patient. */
import { type Signal, signal, useSignal } from "@preact/signals";
import type { Care, Client } from "../../client";
import type { Contacts as Card } from "../../records.gen";
import { Field } from "../../ui/field";
import { Icon } from "../../ui/icon";
import { Banner } from "../../ui/parts";
import { say } from "../../ui/toast";
import { t } from "../../words";
import { contactsOf } from "../seen";
import { Frame } from "./frame";

/** As the record allows. */
const NUMBERS_MAX = 6;
const LETTERS_MAX = 80;
const DIGITS_MAX = 30;
const PHONE = /^[+0-9*#][0-9*# ()/.-]{1,29}$/;

interface Row {
  readonly name: Signal<string>;
  readonly phone: Signal<string>;
  readonly hours: Signal<string>;
}

function rowOf({ name = "", phone = "", hours = "" }: Partial<Card["contacts"][number]>): Row {
  return { name: signal(name), phone: signal(phone), hours: signal(hours) };
}

export function Contacts({ client }: { client: Client }) {
  const clinic = client.cares.value.find(({ purpose }) => purpose === "clinic");
  return (
    <Frame testid="contacts" title={t("contacts.title")} about={t("contacts.body")}>
      {clinic ? <Editor client={client} clinic={clinic} /> : <p>{t("contacts.noClinic")}</p>}
    </Frame>
  );
}

/** The record; undefined when something in it can not be dialled or has no name. */
function cardOf(emergency: string, rows: readonly Row[]): Card["contacts"] | undefined {
  if (emergency !== "" && !PHONE.test(emergency)) return undefined;
  const contacts = rows.map(({ name, phone, hours }) => ({
    name: name.peek().trim(),
    phone: phone.peek().trim(),
    ...(hours.peek().trim() && { hours: hours.peek().trim() }),
  }));
  const isWhole = contacts.every(({ name, phone }) => name !== "" && PHONE.test(phone));
  return isWhole ? contacts : undefined;
}

function Editor({ client, clinic }: { client: Client; clinic: Care }) {
  const known = contactsOf(clinic);
  const emergency = useSignal(known?.emergency ?? "");
  const rows = useSignal<readonly Row[]>((known?.contacts ?? [{}]).map(rowOf));
  const state = useSignal<"" | "wrong" | "failed">("");
  const save = async (event: Event) => {
    event.preventDefault();
    const number = emergency.peek().trim();
    const contacts = cardOf(number, rows.peek());
    if (contacts === undefined) {
      state.value = "wrong";
      return;
    }
    try {
      const card = { type: "contacts", ...(number && { emergency: number }), contacts } as const;
      await client.write(clinic.circle, card);
      state.value = "";
      say(t("contacts.saved"));
    } catch {
      state.value = "failed";
    }
  };
  const wrong = state.value === "wrong";
  const bad = (phone: string) => (wrong && !PHONE.test(phone) ? t("contacts.bad") : "");
  return (
    <form class="stack" onSubmit={(event) => void save(event)}>
      <Field
        id="contacts-emergency"
        label={t("contacts.emergency")}
        value={emergency}
        max={DIGITS_MAX}
        error={emergency.value.trim() ? bad(emergency.value.trim()) : ""}
      />
      {rows.value.map((row, at) => (
        <fieldset class="card stack" key={row}>
          <Field
            id={`contacts-name-${at}`}
            label={t("contacts.name", { n: at + 1 })}
            value={row.name}
            max={LETTERS_MAX}
            error={wrong && !row.name.value.trim() ? t("contacts.missing") : ""}
          />
          <Field
            id={`contacts-phone-${at}`}
            label={t("contacts.phone", { n: at + 1 })}
            value={row.phone}
            max={DIGITS_MAX}
            error={bad(row.phone.value.trim())}
          />
          <Field
            id={`contacts-hours-${at}`}
            label={t("contacts.hours", { n: at + 1 })}
            value={row.hours}
            max={LETTERS_MAX}
          />
          <button
            type="button"
            class="btn"
            data-testid={`contacts-remove-${at}`}
            onClick={() => {
              rows.value = rows.peek().filter((each) => each !== row);
            }}
          >
            <Icon name="close" />
            {t("contacts.remove", { n: at + 1 })}
          </button>
        </fieldset>
      ))}
      {rows.value.length < NUMBERS_MAX && (
        <button
          type="button"
          class="btn wide"
          data-testid="contacts-more"
          onClick={() => {
            rows.value = [...rows.peek(), rowOf({})];
          }}
        >
          <Icon name="plus" />
          {t("contacts.more")}
        </button>
      )}
      <button type="submit" class="btn act wide" data-testid="contacts-save">
        <Icon name="check" />
        {t("contacts.save")}
      </button>
      <div role="alert">
        {state.value === "failed" && (
          <Banner icon="alert" tone="bad" testid="save-failed">
            <p>{t("log.failed")}</p>
          </Banner>
        )}
      </div>
    </form>
  );
}
