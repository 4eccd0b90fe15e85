/**
 * Whether an opened record has the shape that the screens rely on.
 *
 * The server cannot look inside a record, so a faulty or hostile member could put anything there.
 * The full rules are in rejoint_sync/records.py; here is what keeps a screen from breaking: types,
 * required members and the pain scale. Members that this version does not know are kept.
 */
import type { AnyRecord } from "../records.gen.ts";

type Check = (value: unknown) => boolean;
type Shape = Readonly<Record<string, Check>>;

const text: Check = (value) => typeof value === "string" && value.length <= 4000;
const whole: Check = (value) => Number.isSafeInteger(value);
const between =
  (low: number, high: number): Check =>
  (value) =>
    Number.isSafeInteger(value) && (value as number) >= low && (value as number) <= high;
const oneOf =
  (...values: readonly unknown[]): Check =>
  (value) =>
    values.includes(value);
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.length <= 100 && value.every(check);
const shaped =
  (shape: Shape): Check =>
  (value) =>
    typeof value === "object" &&
    value !== null &&
    Object.entries(shape).every(([name, check]) => check((value as Record<string, unknown>)[name]));

const pain: Check = (value) => value === "not_said" || between(0, 10)(value);
const day: Check = (value) => typeof value === "string" && /^\d{4}-\d{2}-\d{2}$/.test(value);
const painRule = shaped({ go_max: between(0, 10), slow_max: between(0, 10) });
const COMMON: Shape = { lam: between(1, 2 ** 40), at: whole, tz_min: between(-840, 840) };

const planItem = shaped({
  exercise: text,
  sets: between(1, 10),
  reps: optional(between(1, 100)),
  time_s: optional(between(5, 3600)),
  hold_s: between(0, 120),
  rest_s: between(0, 600),
  side: oneOf("both", "left", "right", "each"),
  load: optional(text),
  note: optional(text),
});

const itemDone = shaped({
  exercise: text,
  sets_done: between(0, 20),
  reps_done: optional(between(0, 200)),
  reason: optional(text),
});

/** Kind of document and shape of each type of record. */
const SHAPES: Readonly<Record<string, { readonly kind: string; readonly check: Check }>> = {
  session: {
    kind: "ev",
    check: shaped({
      day,
      performed_at: whole,
      plan: optional(text),
      done: oneOf("all", "some", "none"),
      items: listOf(itemDone),
      pain: shaped({ before: optional(pain), worst: optional(pain), after: optional(pain) }),
      effort: optional(pain),
      reason: optional(text),
    }),
  },
  pain: {
    kind: "ev",
    check: shaped({ day, performed_at: whole, context: oneOf("morning", "now"), score: pain }),
  },
  note: { kind: "nt", check: shaped({ text, about: optional(listOf(text)) }) },
  plan: {
    kind: "pl",
    check: shaped({
      title: text,
      parents: listOf(text),
      days_per_week: between(1, 7),
      items: listOf(planItem),
      pain_rule: optional(painRule),
    }),
  },
  profile: {
    kind: "pr",
    check: shaped({ about: oneOf("member", "clinic"), member: optional(text), name: text }),
  },
  set: {
    kind: "pr",
    check: shaped({ about: oneOf("member", "clinic"), member: optional(text), values: shaped({}) }),
  },
};

/** The kind of document that holds this type of record. */
export function kindOf(type: AnyRecord["type"]): string {
  return SHAPES[type]?.kind ?? "";
}

/** The record, or undefined when it is none that this version can show. */
export function asRecord(kind: string, value: unknown): AnyRecord | undefined {
  const type = (value as { type?: unknown }).type;
  const shape = typeof type === "string" && Object.hasOwn(SHAPES, type) ? SHAPES[type] : undefined;
  const fits = shape?.kind === kind && shaped(COMMON)(value) && shape.check(value);
  return fits ? (value as AnyRecord) : undefined;
}

/** What a record holds before clock, zone and order are added. */
export type Draft<T extends AnyRecord = AnyRecord> = T extends AnyRecord
  ? Omit<T, "lam" | "at" | "tz_min">
  : never;
