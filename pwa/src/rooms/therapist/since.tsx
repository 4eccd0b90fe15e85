/** What a patient told since a clinician last looked, and the receipt that says so to the patient. */
import { useSignal } from "@preact/signals";
import type { Care, Client } from "../../client";
import { Icon } from "../../ui/icon";
import { Lamp } from "../../ui/lamp";
import { Banner, painText } from "../../ui/parts";
import { say } from "../../ui/toast";
import { t } from "../../words";
import { dayAfter, sayDay } from "../../words/dates";
import { morningOf } from "../days";
import { unseenAlarms } from "./checks";
import { unseenOf, type Warning, warningsOf } from "./needs";
import { reasonsText } from "./sessions";

/** Records that one receipt may name. */
const TARGETS_MAX = 200;
/** Shown before the rest is left to the list of sessions. */
const SHOWN_MAX = 6;

interface CareProps {
  readonly client: Client;
  readonly care: Care;
}

export function Since({ client, care }: CareProps) {
  const failed = useSignal(false);
  const unseen = unseenOf(care);
  if (unseen.length === 0) return null;
  const warnings = warningsOf(care);
  const days = new Set(
    unseen.flatMap(({ value }) =>
      value.type === "session" && value.done !== "none" ? value.day : [],
    ),
  );
  const review = async () => {
    const ids = unseen.map(({ id }) => id);
    try {
      for (let from = 0; from < ids.length; from += TARGETS_MAX) {
        const targets = ids.slice(from, from + TARGETS_MAX);
        await client.write(care.circle, { type: "heard", targets });
      }
      say(t("checks.told"));
      failed.value = false;
    } catch {
      failed.value = true;
    }
  };
  return (
    <section class="card stack" data-testid="since">
      <h2>{t("since.title")}</h2>
      <ul class="list">
        {warnings.slice(0, SHOWN_MAX).map((one) => (
          <Line
            key={(one.why.session ?? one.why.morning)?.id}
            one={one}
            care={care}
            today={client.today.value}
          />
        ))}
        <li class="row pad0">
          <Icon name="check" />
          <span class="grow">{t("since.days", { n: days.size })}</span>
        </li>
      </ul>
      <button
        type="button"
        class={unseenAlarms(care).length > 0 ? "btn" : "btn act"}
        data-testid="review"
        onClick={() => void review()}
      >
        <Icon name="seen" />
        {t("since.review")}
      </button>
      <div role="alert">
        {failed.value && (
          <Banner icon="alert" tone="bad" testid="review-failed">
            <p>{t("log.failed")}</p>
          </Banner>
        )}
      </div>
    </section>
  );
}

interface LineProps {
  readonly one: Warning;
  readonly care: Care;
  readonly today: string;
}

function Line({ one, care, today }: LineProps) {
  const { session, morning } = one.why;
  const { day = today } = (session ?? morning)?.value ?? {};
  const after = morning ?? morningOf(care.pains.value, dayAfter(day, 1));
  const reasons = session ? reasonsText(session.value) : "";
  return (
    <li class="row pad0" data-testid="since-line">
      {one.light === "go" ? <Icon name="check" /> : <Lamp light={one.light} size="s" />}
      <span class="grow">
        {session?.value.pain.worst !== undefined && (
          <span class={`fact ${one.because === "pain" ? "strong" : ""}`}>
            {t("desk.lastPain", { pain: painText(session.value.pain.worst) })}
          </span>
        )}
        {after && (
          <span class={`fact ${one.because === "morning" ? "strong" : ""}`}>
            {t("desk.lastMorning", { pain: painText(after.value.score) })}
          </span>
        )}
        {reasons !== "" && (
          <span class={`fact ${one.because === "reason" ? "strong" : ""}`}>{reasons}</span>
        )}
      </span>
      <span class="soft small">{sayDay(day, today)}</span>
    </li>
  );
}
