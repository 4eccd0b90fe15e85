/** One exercise: the figure performs the dose, the counter counts along, then done or too hard. */
import { type Signal, signal, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { exerciseName } from "../../library";
import { textOf } from "../../library/steps.en";
import type { PlanItem } from "../../records.gen";
import { drawPose, Figure, hasFigure } from "../../ui/figure/figure";
import { cueOf, play, sounds, wake } from "../../ui/figure/sound";
import { type Moment, momentAt, roundsOf } from "../../ui/figure/tempo";
import { Icon } from "../../ui/icon";
import { Page } from "../../ui/page";
import { Beads, Joints } from "../../ui/parts";
import { back, swap } from "../../ui/route";
import { locale, number, t, type WordId } from "../../words";
import { doseText } from "../dose";
import { answered, draftOf, setDraft } from "./draft";
import { type PatientProps, planOf, therapistName } from "./today";

/** More repeats than this are told as a number, not as beads. */
const BEADS_MAX = 20;

export function Exercise({ client, care, at }: PatientProps & { at: number }) {
  const items = planOf(care)?.value.items ?? [];
  const item = items[at];
  const running = useSignal(false);
  const moment = useSignal<Moment | undefined>(undefined);
  if (!item) return null;
  const draft = draftOf(care.circle, client.today.value);
  const answer = (reason?: "too_hard") => {
    const rounds = (moment.peek()?.round ?? 1) - 1;
    const partial = Math.min(item.sets - 1, item.side === "each" ? Math.floor(rounds / 2) : rounds);
    const given = reason ? { sets_done: Math.max(0, partial), reason } : { sets_done: item.sets };
    void setDraft(answered(draft, at, given)).then(() => {
      if (asksEach.peek()) swap({ room: "each", at });
      else back();
    });
  };
  return (
    <Page
      canGoBack
      testid="exercise"
      isWide
      foot={<Foot running={running} moment={moment} answer={answer} />}
    >
      <Joints
        count={items.length}
        now={at}
        done={(i) => draft.answers.has(i)}
        label={t("exercise.place", { at: at + 1, all: items.length })}
      />
      <div>
        <h1>{exerciseName(item.exercise)}</h1>
        <p class="soft num">{doseText(item)}</p>
      </div>
      <Stage item={item} running={running} moment={moment} />
      <div class="aside">
        <Counter item={item} running={running} moment={moment} />
        {item.note && <TherapistWords text={item.note} name={therapistName(care)} />}
        <How exercise={item.exercise} />
        <div class="card list">
          <Switch
            testid="sounds"
            label="exercise.sounds"
            isOn={sounds.value}
            onSwitch={() => {
              sounds.value = !sounds.peek();
            }}
          />
          <Switch
            testid="asks-each"
            label="exercise.each"
            isOn={asksEach.value}
            onSwitch={switchEach}
          />
        </div>
      </div>
    </Page>
  );
}

interface RunProps {
  readonly running: Signal<boolean>;
  readonly moment: Signal<Moment | undefined>;
}

/** Before the first repeat the main act is to start, afterwards it is to be done. */
function Foot({ running, moment, answer }: RunProps & { answer: (reason?: "too_hard") => void }) {
  const begun = moment.value !== undefined || running.value;
  const run = <RunButton running={running} moment={moment} main={!begun} />;
  const done = (
    <button
      type="button"
      class={begun ? "btn main-act" : "btn"}
      data-testid="exercise-done"
      onClick={() => answer()}
    >
      <Icon name="check" />
      {t("exercise.done")}
    </button>
  );
  return (
    <>
      <div class="two-btn">
        {begun ? run : done}
        <button
          type="button"
          class="btn"
          data-testid="exercise-too-hard"
          onClick={() => answer("too_hard")}
        >
          <Icon name="down" />
          {t("exercise.tooHard")}
        </button>
      </div>
      {begun ? done : run}
    </>
  );
}

function RunButton({ running, moment, main }: RunProps & { main: boolean }) {
  const label = running.value
    ? t("exercise.pause")
    : t(moment.value === undefined ? "exercise.start" : "exercise.goOn");
  return (
    <button
      type="button"
      class={main ? "btn main-act" : "btn"}
      data-testid="exercise-run"
      onClick={() => {
        wake();
        running.value = !running.peek();
      }}
    >
      <Icon name={running.value ? "pause" : "play"} />
      {label}
    </button>
  );
}

/** The figure with its chips; it moves while the dose runs, or stands as start and end. */
function Stage({ item, running, moment }: RunProps & { item: PlanItem }) {
  const parts = useRef<SVGGElement | null>(null);
  const still = useStill();
  useDose(item, running, moment, (u) => {
    if (parts.current) drawPose(parts.current, item.exercise, u);
  });
  const side = moment.value?.side ?? (item.side === "each" ? "right" : item.side);
  const pair = still || moment.value === undefined;
  return (
    <div class="thing stack">
      {hasFigure(item.exercise) && (
        <div class="stage">
          <Figure
            key={`${side}${pair}`}
            exercise={item.exercise}
            side={side}
            pose={pair ? "pair" : 0}
            label={exerciseName(item.exercise)}
            hold={(element) => {
              parts.current = pair ? null : element;
            }}
          />
        </div>
      )}
      <div class="row wrap">
        {side !== "both" && (
          <span class="chip plain">
            <Icon name={side} size="s" />
            {t(`exercise.${side}`)}
          </span>
        )}
        {hasFigure(item.exercise) && (
          <span class="chip plain">
            <svg class="swatch" viewBox="0 0 16 16" aria-hidden="true">
              <circle cx="8" cy="8" r="6.5" />
            </svg>
            {t("exercise.yellow")}
          </span>
        )}
      </div>
    </div>
  );
}

/** Whether each exercise is asked about as soon as it is done; this phone remembers. */
const asksEach = signal(readEach());

function readEach(): boolean {
  try {
    return localStorage.getItem("each") === "yes";
  } catch {
    return false;
  }
}

function switchEach(): void {
  asksEach.value = !asksEach.peek();
  try {
    localStorage.setItem("each", asksEach.peek() ? "yes" : "no");
  } catch {
    // Then it is asked for anew after a restart.
  }
}

interface SwitchProps {
  readonly testid: string;
  readonly label: WordId;
  readonly isOn: boolean;
  readonly onSwitch: () => void;
}

/** A choice that stays, on with a tick. */
function Switch({ testid, label, isOn, onSwitch }: SwitchProps) {
  return (
    <button
      type="button"
      class="row pad link-row"
      role="switch"
      aria-checked={isOn}
      data-testid={testid}
      onClick={onSwitch}
    >
      <span class="grow">{t(label)}</span>
      <span class={isOn ? "tick done" : "tick"}>{isOn && <Icon name="check" />}</span>
    </button>
  );
}

/** Whether the person asked for no motion. */
function useStill(): boolean {
  return globalThis.matchMedia?.("(prefers-reduced-motion: reduce)").matches ?? false;
}

/** Runs the timetable of a dose while `running`; a changed moment is told, every frame is drawn. */
function useDose(
  item: PlanItem,
  running: Signal<boolean>,
  moment: Signal<Moment | undefined>,
  draw: (u: number) => void,
): void {
  const elapsed = useRef(0);
  const on = running.value;
  useEffect(() => {
    if (!on) return;
    let frame = 0;
    let before: number | undefined;
    const tick = (now: number) => {
      elapsed.current += before === undefined ? 0 : Math.min(now - before, 1000) / 1000;
      before = now;
      const next = momentAt(item, elapsed.current);
      draw(next.u);
      const last = moment.peek();
      if (!last || !sameMoment(last, next)) {
        const cue = cueOf(last, next, item.time_s !== undefined);
        if (cue) play(cue);
        moment.value = next;
      }
      if (next.phase === "end") running.value = false;
      else frame = requestAnimationFrame(tick);
    };
    frame = requestAnimationFrame(tick);
    return () => cancelAnimationFrame(frame);
  }, [on]);
}

function sameMoment(a: Moment, b: Moment): boolean {
  return (
    a.phase === b.phase && a.left_s === b.left_s && a.repeat === b.repeat && a.round === b.round
  );
}

/** The dial: seconds of this part, which repeat, which round. */
function Counter({ item, moment }: RunProps & { item: PlanItem }) {
  const now = moment.value;
  const timed = item.time_s !== undefined;
  const phase = now ? phaseWord(now, timed) : t("exercise.ready");
  const showsSeconds = now !== undefined && (timed || now.phase === "hold" || now.phase === "rest");
  const repeats = item.reps ?? 1;
  const seconds = showsSeconds ? now.left_s : item.time_s;
  const shown = seconds === undefined ? number(now?.repeat ?? repeats) : clockText(seconds);
  return (
    <div class="clock">
      <Dial text={shown} share={showsSeconds ? now.left_s / spanOf(item, now) : 1} />
      <div class="stack">
        <p class="strong" role="status">
          <span class="vh">{t("exercise.now")} </span>
          <span data-testid="exercise-phase">{phase}</span>
        </p>
        <p class="soft">
          {!timed && (
            <>
              {t("exercise.repeat", { at: now?.repeat ?? 1, all: repeats })}
              <br />
            </>
          )}
          {t("exercise.round", { at: now?.round ?? 1, all: roundsOf(item) })}
        </p>
        {!timed && repeats <= BEADS_MAX && (
          <Beads count={repeats} done={now ? now.repeat - (now.phase === "end" ? 0 : 1) : 0} />
        )}
      </div>
    </div>
  );
}

function spanOf(item: PlanItem, now: Moment): number {
  if (now.phase === "rest") return Math.max(now.left_s / Math.max(1 - now.share, 0.01), 1);
  return Math.max(item.time_s ?? item.hold_s, 1);
}

function phaseWord(now: Moment, timed: boolean): string {
  if (now.phase === "rest" || now.phase === "end") return t(`exercise.${now.phase}`);
  return timed ? t("exercise.keep") : t(`exercise.${now.phase}`);
}

const DIAL_RADIUS = 52;

/** "25", or "9:59" from a minute on. */
function clockText(seconds: number): string {
  if (seconds < 60) return number(seconds);
  const rest = new Intl.NumberFormat(locale(), { minimumIntegerDigits: 2 }).format(seconds % 60);
  return t("clock.minutes", { m: Math.floor(seconds / 60), s: rest });
}

function Dial({ text, share }: { text: string; share: number }) {
  const round = 2 * Math.PI * DIAL_RADIUS;
  return (
    <svg class="dial" viewBox="0 0 120 120" role="img" aria-label={text}>
      <circle class="bg" cx="60" cy="60" r={DIAL_RADIUS} />
      <circle
        class="fg"
        cx="60"
        cy="60"
        r={DIAL_RADIUS}
        transform="rotate(-90 60 60)"
        stroke-dasharray={`${round * Math.min(1, share)} ${round}`}
      />
      <text class={text.length > 2 ? "small-text" : ""} x="60" y={text.length > 2 ? 71 : 77}>
        {text}
      </text>
    </svg>
  );
}

function TherapistWords({ text, name }: { text: string; name: string }) {
  return (
    <div class="card">
      <p class="kicker">{t("exercise.note", { name })}</p>
      <p dir="auto">{text}</p>
    </div>
  );
}

function How({ exercise }: { exercise: string }) {
  const text = textOf(exercise);
  if (!text) return null;
  return (
    <section class="card">
      <h2>{t("exercise.how")}</h2>
      {!hasFigure(exercise) && <p class="soft">{t("exercise.noFigure")}</p>}
      <ol class="steps">
        {text.lines.map((step) => (
          <li class="say">{step}</li>
        ))}
      </ol>
      {text.state === "not_approved" && (
        <p class="soft small" data-testid="text-state">
          {t("wrong.draft")}
        </p>
      )}
    </section>
  );
}
