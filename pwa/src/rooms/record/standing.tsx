/** Whether the programme goes on, rests or has ended, and the way back. */
import { useSignal } from "@preact/signals";
import type { Care } from "../../client";
import type { Wish } from "../../records.gen";
import { Banner } from "../../ui/parts";
import { say } from "../../ui/toast";
import { endsRecord, wishOn } from "../../wishes";
import { t, type WordId } from "../../words";
import { dayAfter, dayOf, sayFullDate, zoneHere } from "../../words/dates";
import type { RecordProps } from "./index";

/** Days between the closing of a record and its erasing at the server. */
const KEPT_DAYS = 30;

/** The day on which the server erases a closed record. */
export function erasedOn(closedAt: number): string {
  return sayFullDate(dayAfter(dayOf(closedAt, zoneHere(closedAt)), KEPT_DAYS));
}

/** What was wished, in a line. */
export function wishLine({ wish, until }: Wish): string {
  if (wish === "pause") {
    return until === undefined
      ? t("record.restOpen")
      : t("record.restUntil", { day: sayFullDate(until) });
  }
  return t(wish === "stop" ? "record.stopped" : "record.asked");
}

/** Whether this person's own phone closes the record, or somebody has to be asked. */
export function isOwn({ role }: Care): boolean {
  return role === "patient";
}

export function Standing({ client, care }: RecordProps) {
  const busy = useSignal(false);
  const failed = useSignal(false);
  const wish = wishOn(care.diary.value, client.today.value)?.value;
  const closedAt = care.closedAt.value;
  if (wish === undefined && closedAt === 0) return null;
  const isClosed = closedAt > 0;
  const goOn = async () => {
    if (busy.peek()) return;
    busy.value = true;
    failed.value = false;
    try {
      if (isClosed) await client.setClosed(care.circle, false);
      else
        await client.write(care.circle, { type: "wish", wish: "go_on", day: client.today.peek() });
      say(t("record.onSaid"));
    } catch {
      failed.value = true;
    }
    busy.value = false;
  };
  return (
    <Banner icon={isClosed ? "lock" : "pause"} testid="record-standing">
      <div class="stack">
        <p class="strong">{isClosed ? t("record.closed") : wish && wishLine(wish)}</p>
        {isClosed && <p>{t("record.closedUntil", { day: erasedOn(closedAt) })}</p>}
        {!isClosed && wish !== undefined && endsRecord(wish) && (
          <p>{isOwn(care) ? t("record.askedOwn") : t("record.askedOther", whoIn(care))}</p>
        )}
        <button
          type="button"
          class="btn wide"
          data-testid="record-on"
          aria-disabled={busy.value}
          onClick={() => void goOn()}
        >
          {t(busy.value ? "wait.moment" : isClosed ? "record.reopen" : "record.on")}
        </button>
        <Failed isShown={failed.value} words={isClosed ? "record.needsNet" : "log.failed"} />
      </div>
    </Banner>
  );
}

/** The therapist, for a sentence. */
export function whoIn(care: Care): { readonly name: string } {
  return { name: care.therapist.value || t("who.therapist") };
}

export function Failed({ isShown, words }: { isShown: boolean; words: WordId }) {
  return (
    <div role="alert">
      {isShown && (
        <Banner icon="alert" tone="warn" testid="record-failed">
          <p>{t(words)}</p>
        </Banner>
      )}
    </div>
  );
}
