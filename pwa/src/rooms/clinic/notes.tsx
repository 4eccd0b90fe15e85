/** The notes that clinicians write among themselves: beginning and writing them, and who reads. */
import { useSignal } from "@preact/signals";
import { Field } from "../../ui/field";
import { Page } from "../../ui/page";
import { PlaceChip } from "../../ui/parts";
import { say } from "../../ui/toast";
import { t } from "../../words";
import { roleWord } from "../members/list";
import type { ClinicProps } from "./index";
import { Failed, TwoTaps } from "./parts";

/** Letters of a note, as the record allows. */
const NOTE_LETTERS_MAX = 4000;
/** Where the letter of the stream stands in the name of a record. */
const STREAM_AT = -7;

export function ClinicNotes({ acts, care }: ClinicProps) {
  const { state, waiting } = acts.view.value.notes;
  const begin = async () => {
    await acts.beginNotes();
    say(t("knotes.begun"));
  };
  const grant = async (device: string, name: string) => {
    await acts.grant(device);
    say(t("knotes.done", { name }));
  };
  return (
    <Page canGoBack help={false} testid="clinic-notes" title={care.name.value}>
      <h1>{t("knotes.title")}</h1>
      <p>{t("knotes.row")}</p>
      {state === "none" && (
        <>
          <p>{t("knotes.none")}</p>
          <TwoTaps label={t("knotes.begin")} testid="knotes-begin" act={begin} />
        </>
      )}
      {state === "others" && <p>{t("knotes.others")}</p>}
      {state === "mine" && <Write acts={acts} />}
      {state === "mine" && <Written care={care} />}
      {state === "mine" && waiting.length === 0 && <p class="soft">{t("knotes.everyone")}</p>}
      {waiting.length > 0 && <h2>{t("knotes.waiting")}</h2>}
      {waiting.map(({ device, role, name }) => {
        const called = name || roleWord(role);
        return (
          <section class="card stack" key={device} data-testid="knotes-waiting">
            <p class="strong">
              <bdi>{called}</bdi>
            </p>
            {name !== "" && <p class="soft small">{roleWord(role)}</p>}
            <TwoTaps
              label={name === "" ? t("knotes.letIt") : t("knotes.let", { name })}
              testid="knotes-let"
              act={() => grant(device, called)}
            />
          </section>
        );
      })}
    </Page>
  );
}

function Write({ acts }: Pick<ClinicProps, "acts">) {
  const text = useSignal("");
  const isFailed = useSignal(false);
  const save = async (event: Event) => {
    event.preventDefault();
    const trimmed = text.peek().trim();
    if (trimmed === "") return;
    try {
      await acts.writeForClinicians(trimmed);
      text.value = "";
      isFailed.value = false;
      say(t("knotes.saved"));
    } catch {
      isFailed.value = true;
    }
  };
  return (
    <form class="card stack" onSubmit={(event) => void save(event)}>
      <Field id="knote-text" label={t("knotes.write")} value={text} max={NOTE_LETTERS_MAX} long />
      <button type="submit" class="btn act" data-testid="knote-save">
        {t("knotes.save")}
      </button>
      <Failed isShown={isFailed.value} />
    </form>
  );
}

/** The newest first. */
function Written({ care }: Pick<ClinicProps, "care">) {
  const notes = care.notes.value.filter(({ id }) => id.at(STREAM_AT) === "k").reverse();
  return (
    <ul class="list">
      {notes.map(({ id, value, place }) => (
        <li class="note-row" key={id} data-testid="knote">
          <PlaceChip place={place} />
          <p class="note-text" dir="auto">
            {value.text}
          </p>
        </li>
      ))}
    </ul>
  );
}
