/** One exercise of a plan, open: its dose, side and load, words for it, and its place in the order. */
import { exerciseName } from "../../library";
import { entryOf } from "../../library/entries";
import type { PlanItem } from "../../records.gen";
import { number, t, type WordId } from "../../words";
import { type Bounds, Stepper } from "./stepper";

/** Letters, as the record allows. */
const LOAD_LETTERS_MAX = 40;
const NOTE_LETTERS_MAX = 400;

export interface ItemProps {
  readonly item: PlanItem;
  readonly onChange: (item: PlanItem) => void;
}

interface OpenProps extends ItemProps {
  /** Place in the plan, from 0, and how many there are. */
  readonly at: number;
  readonly count: number;
  readonly onRemove: () => void;
  /** One place up (-1) or down (1). */
  readonly onMove: (by: -1 | 1) => void;
}

export function OpenItem({ item, at, count, onChange, onRemove, onMove }: OpenProps) {
  const exercise = exerciseName(item.exercise);
  return (
    <div class="plan-item pad">
      <Dose item={item} onChange={onChange} />
      <SidePicker item={item} onChange={onChange} />
      <Load item={item} onChange={onChange} />
      <Line
        id="item-note"
        label={t("plan.note")}
        value={item.note ?? ""}
        max={NOTE_LETTERS_MAX}
        onInput={(note) => onChange(withText(item, "note", note))}
      />
      <div class="row wrap">
        <Move label="plan.earlier" of={exercise} isOff={at === 0} act={() => onMove(-1)} />
        <Move label="plan.later" of={exercise} isOff={at === count - 1} act={() => onMove(1)} />
        <button
          type="button"
          class="btn danger end"
          data-testid="item-remove"
          aria-label={t("plan.remove", { exercise })}
          onClick={onRemove}
        >
          {t("plan.out")}
        </button>
      </div>
    </div>
  );
}

/** The item with a text, or without it where it is empty. */
function withText(item: PlanItem, field: "load" | "note", text: string): PlanItem {
  const { [field]: _, ...bare } = item;
  return text === "" ? bare : { ...bare, [field]: text };
}

interface MoveProps {
  readonly label: "plan.earlier" | "plan.later";
  /** Name of the exercise. */
  readonly of: string;
  readonly isOff: boolean;
  readonly act: () => void;
}

function Move({ label, of, isOff, act }: MoveProps) {
  return (
    <button
      type="button"
      class="btn"
      data-testid={label}
      aria-label={t("patient.reasonOf", { exercise: t(label), reason: of })}
      aria-disabled={isOff}
      onClick={() => !isOff && act()}
    >
      {t(label)}
    </button>
  );
}

interface LineProps {
  readonly id: string;
  readonly label: string;
  readonly value: string;
  readonly max: number;
  readonly onInput: (value: string) => void;
}

/** A line of text. */
function Line({ id, label, value, max, onInput }: LineProps) {
  return (
    <label class="field">
      {label}
      <input
        type="text"
        dir="auto"
        data-testid={id}
        value={value}
        maxLength={max}
        autoComplete="off"
        onInput={(event) => onInput(event.currentTarget.value)}
      />
    </label>
  );
}

/** Rounds, repeats and hold, or rounds and time; and the rest between rounds. */
function Dose({ item, onChange }: Pick<ItemProps, "item" | "onChange">) {
  const { sets, reps, time_s, hold_s, rest_s } = item;
  const step = (
    label: WordId,
    value: number,
    bounds: Bounds,
    put: (value: number) => Partial<PlanItem>,
    text?: string,
  ) => (
    <Stepper
      label={t(label)}
      of={exerciseName(item.exercise)}
      value={value}
      bounds={bounds}
      text={text}
      onChange={(next) => onChange({ ...item, ...put(next) })}
    />
  );
  const seconds = (s: number): string => t("plan.seconds", { s });
  const minutes = (s: number): string => t("plan.minutes", { m: Math.round(s / 60) });
  const byHold: Bounds = [0, 120, holdStep(hold_s)];
  return (
    <div class="dose">
      {step("plan.rounds", sets, [1, 10, 1], (n) => ({ sets: n }))}
      {time_s === undefined ? (
        <>
          {step("plan.repeats", reps ?? 1, [1, 100, 1], (n) => ({ reps: n }))}
          {step("plan.hold", hold_s, byHold, (s) => ({ hold_s: s }), seconds(hold_s))}
        </>
      ) : (
        step("plan.time", time_s, [60, 3600, 60], (s) => ({ time_s: s }), minutes(time_s))
      )}
      {step("plan.rest", rest_s, [0, 600, 15], (s) => ({ rest_s: s }), seconds(rest_s))}
    </div>
  );
}

/** Single seconds for a short hold, fives for a long one. */
function holdStep(hold_s: number): number {
  return hold_s < 10 ? 1 : 5;
}

const SIDES = ["both", "each", "left", "right"] as const;

function SidePicker({ item, onChange }: Pick<ItemProps, "item" | "onChange">) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: buttons that press, as everywhere else
    <div class="sides" role="group" aria-label={t("plan.side")}>
      {SIDES.map((side) => (
        <button
          type="button"
          class="btn small"
          aria-pressed={item.side === side}
          onClick={() => onChange({ ...item, side })}
        >
          {t(`side.${side}`)}
        </button>
      ))}
    </div>
  );
}

const BANDS = ["plan.bandLight", "plan.bandMiddle", "plan.bandStrong"] as const;
const KILOGRAMS = [0.5, 1, 2, 3] as const;

/** A weight or a band by a tap, or in other words; without one the exercise is done with none. */
function Load({ item, onChange }: ItemProps) {
  const { load = "" } = item;
  const put = (text: string) => onChange(withText(item, "load", text));
  const offered =
    entryOf(item.exercise)?.equipment === "band"
      ? BANDS.map((id) => t(id))
      : KILOGRAMS.map((n) => t("plan.kilograms", { n: number(n) }));
  return (
    <div class="stack">
      <Line
        id="item-load"
        label={t("plan.load")}
        value={load}
        max={LOAD_LETTERS_MAX}
        onInput={put}
      />
      {/* biome-ignore lint/a11y/useSemanticElements: buttons that press, as everywhere else */}
      <div class="sides" role="group" aria-label={t("plan.load")}>
        {offered.map((each) => (
          <button
            type="button"
            class="btn small"
            key={each}
            data-testid="load-offer"
            aria-pressed={load === each}
            onClick={() => put(load === each ? "" : each)}
          >
            {each}
          </button>
        ))}
      </div>
    </div>
  );
}
