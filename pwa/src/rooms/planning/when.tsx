/** When: days a week, the first day, and the reminder that is proposed. */
import type { Signal } from "@preact/signals";
import type { PlanInput } from "../../client";
import type { ReminderProposal } from "../../records.gen";
import { Icon } from "../../ui/icon";
import { t } from "../../words";
import { EVERY_DAY, sayShortDay } from "../reminders/times";
import { Stepper } from "./stepper";

interface WhenProps {
  readonly plan: Signal<PlanInput>;
}

export function When({ plan }: WhenProps) {
  const { days_per_week, start } = plan.value;
  const { start: _, ...bare } = plan.value;
  return (
    <section class="card stack" data-testid="plan-when">
      <h2>{t("plan.when")}</h2>
      <div class="dose">
        <Stepper
          label={t("plan.days")}
          of={t("patient.plan")}
          value={days_per_week}
          bounds={[1, 7, 1]}
          onChange={(days) => {
            plan.value = { ...plan.peek(), days_per_week: days };
          }}
        />
      </div>
      <label class="field">
        {t("plan.start")}
        <input
          type="date"
          data-testid="plan-start"
          value={start ?? ""}
          onInput={(event) => {
            const day = event.currentTarget.value;
            plan.value = day === "" ? bare : { ...bare, start: day };
          }}
        />
      </label>
      <p class="soft small">{t("plan.startBody")}</p>
      <Reminder plan={plan} />
    </section>
  );
}

/** In the evening, when most are home. */
const FIRST_TIME = "18:00";
/** Days of the week with rest between them, by how many there are; 1 = Monday. */
const SPREAD: readonly (readonly number[])[] = [
  [],
  [1],
  [1, 4],
  [1, 3, 5],
  [1, 2, 4, 5],
  [1, 2, 3, 4, 5],
  [1, 2, 3, 4, 5, 6],
  [1, 2, 3, 4, 5, 6, 7],
];

function Reminder({ plan }: Pick<WhenProps, "plan">) {
  const { reminder, ...bare } = plan.value;
  const days = bare.days_per_week;
  const put = (next: Partial<ReminderProposal>) => {
    const first = { times: [FIRST_TIME], weekdays: [...(SPREAD[days] ?? EVERY_DAY)] };
    plan.value = { ...bare, reminder: { ...first, ...reminder, ...next } };
  };
  return (
    <>
      <button
        type="button"
        class="btn wide"
        role="switch"
        aria-checked={reminder !== undefined}
        data-testid="plan-remind"
        onClick={() => {
          if (reminder) plan.value = bare;
          else put({});
        }}
      >
        <Icon name={reminder ? "check" : "plus"} size="s" />
        {t("plan.remind")}
      </button>
      <p class="soft small">{t("plan.remindBody")}</p>
      {reminder && <Times reminder={reminder} put={put} />}
    </>
  );
}

interface TimesProps {
  readonly reminder: ReminderProposal;
  readonly put: (next: Partial<ReminderProposal>) => void;
}

function Times({ reminder, put }: TimesProps) {
  const { times, weekdays } = reminder;
  const toggle = (weekday: number) => {
    const others = weekdays.filter((one) => one !== weekday);
    const next = others.length < weekdays.length ? others : [...others, weekday];
    // At least one day stays: who wants none switches it off.
    if (next.length > 0) put({ weekdays: next.sort((a, b) => a - b) });
  };
  return (
    <>
      <label class="field">
        {t("plan.clock")}
        <input
          type="time"
          data-testid="plan-remind-time"
          value={times[0]}
          onInput={(event) => {
            const time = event.currentTarget.value;
            if (time !== "") put({ times: [time, ...times.slice(1)] });
          }}
        />
      </label>
      {/* biome-ignore lint/a11y/useSemanticElements: buttons that press, as everywhere else */}
      <div class="sides" role="group" aria-label={t("plan.remindDays")}>
        {EVERY_DAY.map((weekday) => (
          <button
            type="button"
            class="btn small"
            key={weekday}
            data-testid={`plan-day-${weekday}`}
            aria-pressed={weekdays.includes(weekday)}
            onClick={() => toggle(weekday)}
          >
            {sayShortDay(weekday)}
          </button>
        ))}
      </div>
    </>
  );
}
