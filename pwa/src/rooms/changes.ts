/** What a correction has changed, member by member. Pure but for the words. */
import type { Opened, Pain, Session } from "../client";
import { effortText, painText } from "../ui/parts";
import { addWords, t } from "../words";
import { sayDay } from "../words/dates";
import { enDays } from "../words/en-days";

addWords(enDays);

export type Entry = Opened<Session> | Opened<Pain>;
export type Value = Session | Pain;
type What = "day" | "done" | "before" | "worst" | "after" | "effort" | "score";

export const DONE = { all: "done.all", some: "done.some", none: "done.none" } as const;

/** Every member in words, in the order in which it is asked; one that does not apply is absent. */
export function factsOf(value: Value, today: string): readonly (readonly [What, string])[] {
  const day = ["day", sayDay(value.day, today)] as const;
  if (value.type === "pain") return [day, ["score", painText(value.score)]];
  const { done, pain, effort } = value;
  return [
    day,
    ["done", t(DONE[done])],
    ["before", painText(pain.before)],
    ["worst", painText(pain.worst)],
    ["after", painText(pain.after)],
    ["effort", effort === undefined ? t("pain.notAsked") : effortText(effort)],
  ];
}

/** What was told, in one line: what was not asked is left out. */
export function inOneLine(value: Value, today: string): string {
  return factsOf(value, today)
    .filter(([, said]) => said !== t("pain.notAsked"))
    .map(([what, said]) => `${t(`mark.${what}`)}: ${said}`)
    .join(" · ");
}

/** The members that a correction has changed, each as "Worst pain: 7 → 4". */
export function changesOf({ was, value }: Entry, today: string): string[] {
  if (was === undefined) return [];
  const before = new Map(factsOf(was.value as Value, today));
  return factsOf(value, today).flatMap(([what, to]) => {
    const from = before.get(what) ?? "";
    return from === to ? [] : [t("mark.change", { what: t(`mark.${what}`), from, to })];
  });
}
