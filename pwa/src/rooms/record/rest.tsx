/** After "rest" or "stop": what happens now, for how long, and why, if one wants to say. */
import { useSignal } from "@preact/signals";
import type { Wish } from "../../records.gen";
import { Icon } from "../../ui/icon";
import { Page } from "../../ui/page";
import { goHome } from "../../ui/route";
import { wishOn } from "../../wishes";
import { t } from "../../words";
import { dayAfter } from "../../words/dates";
import type { RecordProps } from "./index";
import { Failed, whoIn, wishLine } from "./standing";

/** Days of a rest that can be chosen; 0 = until they say otherwise. */
const RESTS = [3, 7, 14, 0] as const;
const REASONS = ["better", "too_hard", "pain", "no_time", "away", "other"] as const;

export function Rest({ client, care }: RecordProps) {
  const failed = useSignal(false);
  const found = wishOn(care.diary.value, client.today.value);
  const wish = found?.value;
  const amend = async (values: Partial<Wish>, drop: readonly string[] = []) => {
    if (found === undefined) return;
    const draft = { type: "amend" as const, target: found.id, values: { ...values } };
    try {
      await client.write(care.circle, drop.length === 0 ? draft : { ...draft, drop: [...drop] });
      failed.value = false;
    } catch {
      failed.value = true;
    }
  };
  const rest = (days: number) =>
    days === 0 ? amend({}, ["until"]) : amend({ until: dayAfter(wish?.day ?? "", days) });
  return (
    <Page
      canGoBack
      testid="record-resting"
      foot={
        <button type="button" class="btn main-act" data-testid="record-done" onClick={goHome}>
          <Icon name="check" />
          {t("record.done")}
        </button>
      }
    >
      <h1>{wish === undefined ? t("record.goesOn") : wishLine(wish)}</h1>
      <ul class="card stack">
        <li class="say">{t("record.noReminders")}</li>
        <li class="say">{t("record.stays")}</li>
        <li class="say">{t("record.theySee", whoIn(care))}</li>
      </ul>
      {wish?.wish === "pause" && (
        <section class="stack">
          <h2>{t("record.howLong")}</h2>
          <div class="two-btn">
            {RESTS.map((days) => (
              <button
                type="button"
                class="btn"
                key={days}
                data-testid={`rest-${days}`}
                aria-pressed={isRest(wish, days)}
                onClick={() => void rest(days)}
              >
                {days === 0 ? t("record.untilISay") : t("record.days", { n: days })}
              </button>
            ))}
          </div>
        </section>
      )}
      {wish !== undefined && (
        <section class="stack">
          <h2>{t("record.why")}</h2>
          <div class="two-btn">
            {REASONS.map((reason) => (
              <button
                type="button"
                class="btn"
                key={reason}
                data-testid={`why-${reason}`}
                aria-pressed={wish.reason === reason}
                onClick={() => void amend({ reason })}
              >
                {t(`record.why_${reason}`)}
              </button>
            ))}
          </div>
        </section>
      )}
      <Failed isShown={failed.value} words="log.failed" />
    </Page>
  );
}

function isRest({ day, until }: Wish, days: number): boolean {
  return days === 0 ? until === undefined : until === dayAfter(day, days);
}
