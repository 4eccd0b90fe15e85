/** My days: the pain picture, and every record with the place where it is. */
import { useSignal } from "@preact/signals";
import { AddedBy } from "../../ui/added-by";
import { PainChart } from "../../ui/chart";
import { Empty } from "../../ui/empty";
import { Icon } from "../../ui/icon";
import { Marks } from "../../ui/marks";
import { Page } from "../../ui/page";
import { effortText, PainMark, PlaceChip } from "../../ui/parts";
import { go } from "../../ui/route";
import { t } from "../../words";
import { sayDay, sayTimeThere } from "../../words/dates";
import { DONE, type Entry } from "../changes";
import { Corrected } from "../corrected";
import { daysToShow, painDays } from "../days";
import { TakenBack } from "../taken-back";
import type { PatientProps } from "./today";

/** About a week of sessions and mornings; the rest is one tap away. */
const ROWS_FIRST = 12;

export function Days({ client, care }: PatientProps) {
  const today = client.today.value;
  const sessions = care.sessions.value;
  const pains = care.pains.value;
  const count = daysToShow(sessions, pains, today, { least: 7, most: 21 });
  const isWhole = useSignal(false);
  const all = [...sessions, ...pains].sort(newestFirst);
  const rows = isWhole.value ? all : all.slice(0, ROWS_FIRST);
  return (
    <Page canGoBack isWide testid="days">
      <h1>{t("today.days")}</h1>
      {rows.length === 0 ? (
        <div class="thing">
          <Empty icon="calendar" title={t("days.none")}>
            <p class="soft">{t("days.noneBody")}</p>
          </Empty>
        </div>
      ) : (
        <>
          <PainChart days={painDays(sessions, pains, today, count)} reads />
          <div class="thing column">
            <ul class="card list">
              {rows.map((row) => (
                <Row key={row.id} row={row} today={today} />
              ))}
            </ul>
            {rows.length < all.length && (
              <button
                type="button"
                class="btn wide"
                data-testid="days-more"
                onClick={() => {
                  isWhole.value = true;
                }}
              >
                {t("today.more")}
              </button>
            )}
            <TakenBack care={care} today={today} />
          </div>
        </>
      )}
    </Page>
  );
}

function newestFirst(a: Entry, b: Entry): number {
  return b.value.day.localeCompare(a.value.day) || b.value.performed_at - a.value.performed_at;
}

function Row({ row, today }: { row: Entry; today: string }) {
  const { value } = row;
  const session = value.type === "session" ? value : undefined;
  const title = session
    ? "days.session"
    : value.type === "pain" && value.context === "now"
      ? "days.pain"
      : "days.morning";
  const answer = value.type === "session" ? value.pain.worst : value.score;
  return (
    <li class="row pad day-row" data-testid="history-row" data-day={value.day}>
      <div class="grow">
        <strong class="cap">
          {sayDay(value.day, today)} · {t(title)}
        </strong>
        <p class="facts">
          {session && <span>{t(DONE[session.done])}</span>}
          <PainMark answer={answer} worded />
          {session?.effort !== undefined && (
            <span class="soft">{t("days.effort", { effort: effortText(session.effort) })}</span>
          )}
          <span class="soft num">{sayTimeThere(value.performed_at, value.tz_min)}</span>
        </p>
        <div class="row wrap">
          <PlaceChip place={row.place} />
          <AddedBy added={row.added} today={today} />
          <Marks of={row} />
          <Corrected row={row} today={today} />
        </div>
      </div>
      {row.mine && (
        <button
          type="button"
          class="btn icon edge"
          data-testid="told-open"
          aria-label={t("told.open", { what: `${sayDay(value.day, today)}, ${t(title)}` })}
          onClick={() => go({ room: "told", id: row.id })}
        >
          <Icon name="edit" />
        </button>
      )}
    </li>
  );
}
