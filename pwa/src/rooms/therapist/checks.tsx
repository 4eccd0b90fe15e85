/** Checks for danger signs that a patient made, the unseen first; a receipt tells that they were seen. */
import { useSignal } from "@preact/signals";
import type { Care, Client, Opened } from "../../client";
import type { Check } from "../../records.gen";
import { Icon } from "../../ui/icon";
import { Lamp } from "../../ui/lamp";
import { t, type WordId } from "../../words";
import { sayDay, sayTimeThere } from "../../words/dates";
import { isSeen } from "../seen";

/** Shown before the rest is left out; older ones are in the record. */
const SHOWN_MAX = 6;

/** All checks with a danger sign, newest first. */
export function alarmsOf(care: Care): readonly Opened<Check>[] {
  return care.diary.value
    .filter((one): one is Opened<Check> => one.value.type === "check")
    .filter(({ value }) => value.advice !== "none")
    .reverse();
}

/** Those that no clinician has said to have seen. */
export function unseenAlarms(care: Care): readonly Opened<Check>[] {
  return alarmsOf(care).filter(({ id }) => !isSeen(care.diary.value, id));
}

export function Checks({ client, care }: { client: Client; care: Care }) {
  const alarms = alarmsOf(care);
  if (alarms.length === 0) return null;
  return (
    <section class="card stack" data-testid="checks">
      <h2>{t("checks.title")}</h2>
      <ul class="list">
        {alarms.slice(0, SHOWN_MAX).map((alarm) => (
          <Alarm key={alarm.id} client={client} care={care} alarm={alarm} />
        ))}
      </ul>
    </section>
  );
}

interface AlarmProps {
  readonly client: Client;
  readonly care: Care;
  readonly alarm: Opened<Check>;
}

function Alarm({ client, care, alarm }: AlarmProps) {
  const { id, value } = alarm;
  const failed = useSignal(false);
  const yes = value.answers.find(({ answer }) => answer !== "no");
  const seen = isSeen(care.diary.value, id);
  const see = async () => {
    try {
      await client.write(care.circle, { type: "heard", targets: [id] });
      failed.value = false;
    } catch {
      failed.value = true;
    }
  };
  return (
    <li class="pad0 stack" data-testid="check-row" data-advice={value.advice}>
      <p class="row">
        <Lamp light={value.advice === "tell_first" ? "slow" : "stop"} size="s" />
        <span class="grow strong">{t(`flag.${value.advice}`)}</span>
        <span class="soft small num">
          {t("day.moment", {
            day: sayDay(value.day, client.today.value),
            time: sayTimeThere(value.performed_at, value.tz_min),
          })}
        </span>
      </p>
      {yes && (
        <p>
          {t(yes.answer === "yes" ? "checks.yes" : "checks.not_sure", {
            question: t(`flag.${yes.question}` as WordId),
          })}
        </p>
      )}
      {seen ? (
        <p class="row soft" data-testid="check-told">
          <Icon name="seen" size="s" />
          {t("checks.told")}
        </p>
      ) : (
        <button type="button" class="btn act" data-testid="check-see" onClick={() => void see()}>
          <Icon name="seen" />
          {t("checks.seen")}
        </button>
      )}
      <div role="alert">{failed.value && <p class="err">{t("log.failed")}</p>}</div>
    </li>
  );
}
