/** Sessions as a table: the patient's own day, what was done, pain, effort, reasons. */

import { useSignal } from "@preact/signals";
import type { Care, Client, Opened, Session } from "../../client";
import { exerciseName } from "../../library";
import { AddedBy } from "../../ui/added-by";
import { Lamp } from "../../ui/lamp";
import { Marks } from "../../ui/marks";
import { effortText, PainMark, PlaceChip } from "../../ui/parts";
import { t, type WordId } from "../../words";
import { dayAfter, sayFullDate, sayTimeThere } from "../../words/dates";
import { several } from "../../words/several";
import { lightOfDay, ruleOn, toldOf } from "../advice";
import { Corrected } from "../corrected";
import { morningOf } from "../days";
import { TakenBack } from "../taken-back";

const COLUMNS: readonly WordId[] = [
  "patient.day",
  "patient.did",
  "patient.worst",
  "patient.effort",
  "patient.morning",
];

/** Rows shown before the rest is asked for: two weeks of most plans, so that what stands below is near. */
const ROWS_FIRST = 6;

/** A table; on a small screen the cells of a row stand in a block, each with its own label. */
export function Sessions({ client, care }: { client: Client; care: Care }) {
  const all = useSignal(false);
  const sorted = [...care.sessions.value].sort(newestFirst);
  const rows = all.value ? sorted : sorted.slice(0, ROWS_FIRST);
  return (
    <section class="card">
      <h2>{t("patient.sessions")}</h2>
      {rows.length === 0 ? (
        <p class="soft">{t("patient.noSessions")}</p>
      ) : (
        <table class="folds">
          <thead>
            <tr>
              {COLUMNS.map((id) => (
                <th scope="col">{t(id)}</th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <Row key={row.id} client={client} care={care} row={row} />
            ))}
          </tbody>
        </table>
      )}
      {rows.length < sorted.length && (
        <button
          type="button"
          class="btn wide"
          data-testid="sessions-all"
          onClick={() => {
            all.value = true;
          }}
        >
          {t("patient.showAll", { n: sorted.length })}
        </button>
      )}
      <TakenBack care={care} today={client.today.value} />
    </section>
  );
}

function newestFirst(a: Opened<Session>, b: Opened<Session>): number {
  return b.value.day.localeCompare(a.value.day) || b.value.performed_at - a.value.performed_at;
}

interface RowProps {
  readonly client: Client;
  readonly care: Care;
  readonly row: Opened<Session>;
}

function Row({ client, care, row }: RowProps) {
  const { value } = row;
  const next = dayAfter(value.day, 1);
  const morning = next <= client.today.value ? morningOf(care.pains.value, next) : undefined;
  const told = toldOf(care.sessions.value, care.pains.value, value.day);
  const day = lightOfDay(told, ruleOn(care, value.day));
  const reasons = reasonsText(value);
  return (
    <tr data-testid="session-row" data-day={value.day}>
      <td class="first">
        <span class="moment">
          <time class="strong" dateTime={value.day} data-testid="session-day">
            {sayFullDate(value.day)}
          </time>{" "}
          <span class="soft small num">{sayTimeThere(value.performed_at, value.tz_min)}</span>
        </span>
        {day && (
          <span class="row nowrap" data-testid={`day-${day.light}`}>
            <Lamp light={day.light} size="s" />
            <span class="soft small">{t(day.isFinal ? `light.${day.light}` : "light.open")}</span>
          </span>
        )}
        {row.mine && <PlaceChip place={row.place} />}
        <AddedBy added={row.added} today={client.today.value} />
        <Marks of={row} />
        <Corrected row={row} today={client.today.value} />
      </td>
      <td class={reasons === "" ? "did" : "did why"} data-label={t("patient.did")}>
        <span data-testid="session-done">{doneText(value)}</span>
        <span class="soft small below" data-testid="session-reasons">
          {reasons}
        </span>
      </td>
      <td data-label={t("patient.worst")} data-testid="session-pain">
        <PainMark answer={value.pain.worst} />
      </td>
      <td data-label={t("patient.effort")} data-testid="session-effort">
        {effortText(value.effort)}
      </td>
      <td data-label={t("patient.morning")}>
        <PainMark answer={morning?.value.score} />
      </td>
    </tr>
  );
}

function doneText(session: Session): string {
  if (session.done !== "some") return t(session.done === "all" ? "done.all" : "done.none");
  const full = session.items.filter(({ sets_done, reason }) => sets_done > 0 && !reason).length;
  return t("done.count", { done: full, all: session.items.length });
}

/** Every different reason once, with the exercise unless it is for the whole. */
export function reasonsText(session: Session): string {
  const given = session.items.filter(({ reason }) => reason !== undefined);
  const kinds = new Set(given.map(({ reason }) => reason));
  if (session.reason) kinds.add(session.reason);
  const [only] = kinds;
  if (only && kinds.size === 1 && given.length !== 1) return t(`reason.${only}`);
  return several(
    given.map(({ exercise, reason }) =>
      t("patient.reasonOf", {
        exercise: exerciseName(exercise),
        reason: t(`reason.${reason ?? "no_time"}`),
      }),
    ),
  );
}
