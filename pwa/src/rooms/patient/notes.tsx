/** Notes from the therapist, newest last, each with its day. */

import { useEffect } from "preact/hooks";
import { AddedBy } from "../../ui/added-by";
import { Icon } from "../../ui/icon";
import { lookedAt } from "../../ui/looked";
import { Page } from "../../ui/page";
import { Empty, PlaceChip } from "../../ui/parts";
import { goHome } from "../../ui/route";
import { t } from "../../words";
import { noteFrom, notesList, type PatientProps, therapistName } from "./today";

export function Notes({ client, care }: PatientProps) {
  const notes = care.notes.value;
  const theirs = notes.filter(({ mine }) => !mine).length;
  const name = therapistName(care);
  useEffect(() => lookedAt(notesList(client, care), theirs), [theirs]);
  return (
    <Page
      canGoBack
      testid="notes"
      foot={
        <button type="button" class="btn main-act" onClick={goHome}>
          <Icon name="check" />
          {t("wrong.back")}
        </button>
      }
    >
      <h1>{t("notes.title", { name })}</h1>
      {notes.length === 0 && (
        <Empty icon="message" title={t("notes.none")}>
          <p class="soft">{t("notes.noneBody", { name })}</p>
        </Empty>
      )}
      {notes.map((note) => (
        <article class={note.mine ? "mine" : ""} key={note.id} data-testid="note">
          <div class={`bubble ${note.mine ? "me" : ""}`}>
            <p class="kicker">{noteFrom(note, care, client.today.value)}</p>
            <p class="note-text" dir="auto" data-testid="note-body">
              {note.value.text}
            </p>
          </div>
          {note.mine && <PlaceChip place={note.place} />}
          <AddedBy added={note.added} today={client.today.value} />
        </article>
      ))}
    </Page>
  );
}
