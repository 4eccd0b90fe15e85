/** When to remind: what the therapist proposes in one tap, else a time and days, all by tapping. */
import { type Signal, useSignal } from "@preact/signals";
import type { ReminderProposal } from "../../records.gen";
import { type Chosen, NIGHT, type TimeOfDay } from "../../reminding";
import { Icon } from "../../ui/icon";
import { Page } from "../../ui/page";
import { t, type WordId } from "../../words";
import type { RemindersProps } from "./index";
import { Failed } from "./parts";
import { EVERY_DAY, sayChosen, sayShortDay, sayTime, shifted } from "./times";

/** Habits to which a routine can be tied, and when most people have them. */
const HABITS: readonly (readonly [WordId, TimeOfDay])[] = [
  ["remind.wake", "07:00"],
  ["remind.morning", "09:00"],
  ["remind.noon", "15:00"],
  ["remind.evening", "18:00"],
];
const STEP_MIN = 15;
const NUDGE_MIN_MAX = 720;

function minutesBetween(one: TimeOfDay, other: TimeOfDay): number {
  const [a = 0, b = 0] = [one, other].map((time) => {
    const [hours = 0, minutes = 0] = time.split(":").map(Number);
    return hours * 60 + minutes;
  });
  return b - a;
}

/** What a therapist proposes: of two times the second is when it is said once more. */
export function chosenFrom({ times, weekdays }: ReminderProposal, before?: Chosen): Chosen {
  const [time = "18:00", again] = [...times].sort();
  const nudge = again === undefined ? 0 : minutesBetween(time, again);
  const { paused: _, nudge: __, ...kept } = before ?? FIRST;
  const hasNudge = nudge >= STEP_MIN && nudge <= NUDGE_MIN_MAX;
  return { ...kept, time, weekdays, ...(hasNudge && { nudge }) };
}

/** What is shown before anything was chosen. */
export const FIRST: Chosen = {
  time: "18:00",
  weekdays: EVERY_DAY,
  quiet: NIGHT,
  notes: true,
  plain: false,
};

export function Choose(props: RemindersProps) {
  const { reminding, proposal } = props;
  const before = reminding.chosen.value;
  const isOther = useSignal(false);
  const failed = useSignal(false);
  const save = (wanted: Chosen) => {
    const { paused: _, ...on } = wanted;
    props.keep(on).catch(() => {
      failed.value = true;
    });
  };
  const more = { ...props, save, hasFailed: failed.value };
  if (proposal && !before && !isOther.value) {
    const other = () => {
      isOther.value = true;
    };
    return <Proposed key="proposed" {...more} proposed={chosenFrom(proposal)} onOther={other} />;
  }
  return <Own key="own" {...more} before={before} />;
}

interface ChooseProps extends RemindersProps {
  readonly save: (chosen: Chosen) => void;
  readonly hasFailed: boolean;
}

/** One tap takes what the therapist proposes. */
function Proposed(
  props: ChooseProps & { readonly proposed: Chosen; readonly onOther: () => void },
) {
  const { proposed, therapist, save } = props;
  const { time, nudge } = proposed;
  return (
    <Page
      canGoBack
      testid="remind-proposed"
      foot={
        <>
          <button
            type="button"
            class="btn main-act"
            data-testid="remind-take"
            onClick={() => save(proposed)}
          >
            <Icon name="check" />
            {t("remind.take")}
          </button>
          <button type="button" class="btn wide" data-testid="remind-other" onClick={props.onOther}>
            {t("remind.change")}
          </button>
          <button type="button" class="btn wide" data-testid="remind-no" onClick={props.leave}>
            {t("remind.no")}
          </button>
        </>
      }
    >
      <h1>{t("remind.when")}</h1>
      <section class="card stack">
        <p class="kicker">{t("remind.proposes", { name: therapist })}</p>
        <p class="when">{sayChosen(proposed)}</p>
        {nudge !== undefined && <p>{t("remind.again", { time: sayTime(shifted(time, nudge)) })}</p>}
      </section>
      {props.hasFailed && <Failed />}
    </Page>
  );
}

/** A time and days of one's own. */
function Own(props: ChooseProps & { readonly before: Chosen | undefined }) {
  const { before, save } = props;
  const chosen = useSignal<Chosen>(before ?? FIRST);
  return (
    <Page
      canGoBack
      testid="remind-choose"
      foot={
        <>
          <button
            type="button"
            class="btn main-act"
            data-testid="remind-save"
            onClick={() => save(chosen.value)}
          >
            <Icon name="clock" />
            {t("remind.save")}
          </button>
          {!before && (
            <button type="button" class="btn wide" data-testid="remind-no" onClick={props.leave}>
              {t("remind.no")}
            </button>
          )}
        </>
      }
    >
      <h1>{t("remind.when")}</h1>
      <Time chosen={chosen} />
      <Days chosen={chosen} />
      {props.hasFailed && <Failed />}
    </Page>
  );
}

function Time({ chosen }: { chosen: Signal<Chosen> }) {
  const { time } = chosen.value;
  const set = (next: TimeOfDay) => {
    chosen.value = { ...chosen.value, time: next };
  };
  return (
    <>
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset breaks the grid in older Chromium */}
      <div class="two-btn" role="group" aria-label={t("remind.when")}>
        {HABITS.map(([word, at]) => (
          <button
            type="button"
            class="btn big-ans habit"
            data-testid={`remind-${at}`}
            aria-pressed={at === time}
            key={at}
            onClick={() => set(at)}
          >
            <span>{t(word)}</span>
            <span class="num">{sayTime(at)}</span>
          </button>
        ))}
      </div>
      <div class="clock-set">
        <button
          type="button"
          class="btn icon"
          data-testid="remind-earlier"
          aria-label={t("remind.earlier")}
          onClick={() => set(shifted(time, -STEP_MIN))}
        >
          <Icon name="minus" />
        </button>
        <output class="when num" data-testid="remind-time" aria-live="polite">
          {sayTime(time)}
        </output>
        <button
          type="button"
          class="btn icon"
          data-testid="remind-later"
          aria-label={t("remind.later")}
          onClick={() => set(shifted(time, STEP_MIN))}
        >
          <Icon name="plus" />
        </button>
      </div>
    </>
  );
}

function Days({ chosen }: { chosen: Signal<Chosen> }) {
  const { weekdays } = chosen.value;
  const toggle = (weekday: number) => {
    const others = weekdays.filter((one) => one !== weekday);
    const next = others.length < weekdays.length ? others : [...others, weekday];
    // No day at all is said by "no more reminders".
    if (next.length > 0) chosen.value = { ...chosen.value, weekdays: next.sort((a, b) => a - b) };
  };
  return (
    <>
      <h2 id="remind-days">{t("remind.days")}</h2>
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset breaks the grid in older Chromium */}
      <div class="days" role="group" aria-labelledby="remind-days">
        {EVERY_DAY.map((weekday) => (
          <button
            type="button"
            class="btn"
            data-testid={`remind-day-${weekday}`}
            aria-pressed={weekdays.includes(weekday)}
            key={weekday}
            onClick={() => toggle(weekday)}
          >
            {sayShortDay(weekday)}
          </button>
        ))}
      </div>
    </>
  );
}
