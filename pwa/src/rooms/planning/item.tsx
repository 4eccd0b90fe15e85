/** A plan in the making: exercises with rounds, repeats or time, hold, rest and side. */
import { type Signal, useSignal } from "@preact/signals";
import type { PlanInput } from "../../client";
import { exerciseName } from "../../library";
import { entryOf } from "../../library/entries";
import { NAMES } from "../../library/names.en";
import { PAIN_RULE } from "../../library/starter";
import type { PainRule, PlanItem } from "../../records.gen";
import { Figure } from "../../ui/figure/figure";
import { minutesOf } from "../../ui/figure/tempo";
import { Icon } from "../../ui/icon";
import { Lamp } from "../../ui/lamp";
import { number, t, type WordId } from "../../words";

export function PlanEditor({ plan }: { plan: Signal<PlanInput> }) {
  const { items, days_per_week } = plan.value;
  const change = (next: Partial<PlanInput>) => {
    plan.value = { ...plan.peek(), ...next };
  };
  const put = (at: number, item: PlanItem) =>
    change({ items: items.map((each, i) => (i === at ? item : each)) });
  return (
    <section class="card list" data-testid="plan-editor">
      <div class="band">
        <h2 class="small grow">
          {t("plan.summary", { n: items.length, minutes: minutesOf(items) })}
        </h2>
        <span class="soft small">{t("plan.few")}</span>
      </div>
      <div class="pad dose">
        <Stepper
          label={t("plan.days")}
          of={t("patient.plan")}
          value={days_per_week}
          bounds={[1, 7, 1]}
          onChange={(days) => change({ days_per_week: days })}
        />
      </div>
      <ol class="list">
        {items.map((item, at) => (
          <li class="pad" key={`${item.exercise}${at}`}>
            <Item
              item={item}
              onChange={(next) => put(at, next)}
              onRemove={() => change({ items: items.filter((_, i) => i !== at) })}
            />
          </li>
        ))}
      </ol>
      {items.length === 0 && (
        <p class="err pad" role="alert">
          <Icon name="alert" size="s" />
          {t("plan.empty")}
        </p>
      )}
      <AddExercise onAdd={(item) => change({ items: [...items, item] })} />
    </section>
  );
}

interface ItemProps {
  readonly item: PlanItem;
  readonly onChange: (item: PlanItem) => void;
  readonly onRemove: () => void;
}

function Item({ item, onChange, onRemove }: ItemProps) {
  const name = exerciseName(item.exercise);
  return (
    <div class="plan-item">
      <div class="row">
        <div class="thumb">
          <Figure exercise={item.exercise} side={item.side} />
        </div>
        <h3 class="grow">{name}</h3>
        <button
          type="button"
          class="btn icon"
          aria-label={t("plan.remove", { exercise: name })}
          onClick={onRemove}
        >
          <Icon name="close" />
        </button>
      </div>
      <Dose item={item} onChange={onChange} />
      <SidePicker item={item} onChange={onChange} />
    </div>
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

/** Least, most, step. */
type Bounds = readonly [number, number, number];

interface StepperProps {
  readonly label: string;
  /** Whose number it is, for the names of the buttons. */
  readonly of: string;
  readonly value: number;
  readonly bounds: Bounds;
  readonly text?: string | undefined;
  readonly onChange: (value: number) => void;
}

export function Stepper({ label, of, value, bounds, text, onChange }: StepperProps) {
  const [least, most, by] = bounds;
  const to = (next: number) => onChange(Math.min(most, Math.max(least, next)));
  return (
    <div>
      <span class="kicker">{label}</span>
      <span class="stepper">
        <button
          type="button"
          aria-label={t("plan.less", { what: label, exercise: of })}
          onClick={() => to(value - by)}
        >
          <Icon name="minus" size="s" />
        </button>
        <output>{text ?? number(value)}</output>
        <button
          type="button"
          aria-label={t("plan.more", { what: label, exercise: of })}
          onClick={() => to(value + by)}
        >
          <Icon name="plus" size="s" />
        </button>
      </span>
    </div>
  );
}

/** An exercise with its ordinary first dose; the side that hurts is for the therapist to choose. */
export function firstOf(exercise: string): PlanItem {
  const dose = entryOf(exercise)?.dose;
  if (!dose) return { exercise, sets: 2, reps: 10, hold_s: 0, rest_s: 30, side: "both" };
  const { sets, reps, time_s, hold_s, rest_s, side } = dose;
  const amount = time_s === undefined ? { reps: reps ?? 10 } : { time_s };
  return { exercise, sets, ...amount, hold_s, rest_s, side: side === "affected" ? "both" : side };
}

function AddExercise({ onAdd }: { onAdd: (item: PlanItem) => void }) {
  const picked = useSignal("kn05");
  return (
    <div class="pad row wrap add-exercise">
      <label class="field grow">
        {t("plan.addPick")}
        <select
          value={picked.value}
          data-testid="exercise-pick"
          onChange={(event) => {
            picked.value = event.currentTarget.value;
          }}
        >
          {Object.keys(NAMES).map((id) => (
            <option value={id}>{exerciseName(id)}</option>
          ))}
        </select>
      </label>
      <button
        type="button"
        class="btn"
        data-testid="exercise-add"
        onClick={() => onAdd(firstOf(picked.peek()))}
      >
        <Icon name="plus" />
        {t("plan.addOne")}
      </button>
    </div>
  );
}

/** The rule of the traffic light: on or off, and its bounds, which never cross. */
function PainRuleEditor({ plan }: { plan: Signal<PlanInput> }) {
  const { pain_rule: rule, ...bare } = plan.value;
  const put = (next: Partial<PainRule>) => {
    plan.value = { ...bare, pain_rule: { ...PAIN_RULE, ...rule, ...next } };
  };
  const bounds = rule && {
    go: [0, rule.slow_max, 1] as const,
    slow: [rule.go_max, 10, 1] as const,
    usual: rule.usual ?? rule.go_max,
  };
  return (
    <>
      <button
        type="button"
        class="btn"
        role="switch"
        aria-checked={rule !== undefined}
        data-testid="rule-use"
        onClick={() => {
          if (rule) plan.value = bare;
          else put({});
        }}
      >
        <Icon name={rule ? "check" : "close"} size="s" />
        {t("plan.ruleUse")}
      </button>
      <p class="soft small">{t("plan.ruleWhen")}</p>
      {rule && bounds && (
        <div class="dose">
          <RuleStep
            id="plan.ruleGoMax"
            value={rule.go_max}
            bounds={bounds.go}
            put={(n) => put({ go_max: n })}
          />
          <RuleStep
            id="plan.ruleSlowMax"
            value={rule.slow_max}
            bounds={bounds.slow}
            put={(n) => put({ slow_max: n })}
          />
          <RuleStep
            id="plan.ruleUsual"
            value={bounds.usual}
            bounds={[0, 10, 1]}
            put={(n) => put({ usual: n })}
          />
        </div>
      )}
    </>
  );
}

interface RuleStepProps {
  readonly id: WordId;
  readonly value: number;
  readonly bounds: Bounds;
  readonly put: (value: number) => void;
}

function RuleStep({ id, value, bounds, put }: RuleStepProps) {
  return <Stepper label={t(id)} of={t("plan.rule")} value={value} bounds={bounds} onChange={put} />;
}

export function PainRuleCard({ plan }: { plan: Signal<PlanInput> }) {
  const rule = plan.value.pain_rule;
  return (
    <section class="card" data-testid="pain-rule">
      <h2>{t("plan.rule")}</h2>
      <PainRuleEditor plan={plan} />
      {rule ? (
        <div class="stack">
          <p class="row">
            <Lamp light="go" size="s" />
            {t("plan.ruleGo", { go: rule.go_max })}
          </p>
          <p class="row">
            <Lamp light="slow" size="s" />
            {t("plan.ruleSlow", { from: rule.go_max + 1, slow: rule.slow_max })}
          </p>
          <p class="row">
            <Lamp light="stop" size="s" />
            {t("plan.ruleStop", { slow: rule.slow_max })}
          </p>
        </div>
      ) : (
        <p class="soft">{t("plan.ruleOff")}</p>
      )}
    </section>
  );
}
