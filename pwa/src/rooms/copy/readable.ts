/** A record as a page of its own, that every phone and computer shows and prints. Pure. */
import type { Care, Opened } from "../../client";
import { exerciseName } from "../../library";
import type { AnyRecord } from "../../records.gen";
import { effortText, painText } from "../../ui/parts";
import { direction, languageTag, number, t } from "../../words";
import { dayOf, sayFullDate, sayTimeThere } from "../../words/dates";
import { several } from "../../words/several";

const DONE = { all: "done.all", some: "done.some", none: "done.none" } as const;
const STYLE = `body{font:1rem/1.5 sans-serif;margin:2rem auto;max-width:40rem;padding:0 1rem}
table{border-collapse:collapse;width:100%}td,th{border:1px solid #999;padding:.4rem;text-align:start;vertical-align:top}`;

function safe(text: string): string {
  const signs: Readonly<Record<string, string>> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
  };
  return text.replace(/[&<>"]/g, (sign) => signs[sign] ?? sign);
}

function times(exercise: string, n: number): string {
  return `${exerciseName(exercise)} ×${number(n)}`;
}

/** The lines of one record; none for what only holds the app together. */
function linesOf({ value, entered, clock }: Opened<AnyRecord>): string[] {
  const lines = factsOf(value);
  if (lines.length === 0) return [];
  const by = entered && t("entered.by", { name: entered.name || t("who.somebody") });
  return [...lines, ...(by ? [by] : []), ...(clock ? [t(`clock.${clock}`)] : [])];
}

function factsOf(value: AnyRecord): string[] {
  switch (value.type) {
    case "session": {
      const { before, worst, after } = value.pain;
      const names = value.items
        .filter(({ sets_done }) => sets_done > 0)
        .map(({ exercise, sets_done }) => times(exercise, sets_done));
      return [
        `${t("days.session")}: ${t(DONE[value.done])}`,
        ...(names.length > 0 ? [several(names)] : []),
        ...[before, worst, after].flatMap((pain, i) =>
          pain === undefined ? [] : [`${t(PAINS[i] ?? "copy.worst")}: ${painText(pain)}`],
        ),
        ...(value.effort === undefined
          ? []
          : [t("days.effort", { effort: effortText(value.effort) })]),
      ];
    }
    case "pain":
      return [
        `${t(value.context === "morning" ? "days.morning" : "days.pain")}: ${painText(value.score)}`,
      ];
    case "note":
    case "message":
      return value.text === undefined ? [t("copy.voice")] : [value.text];
    case "plan":
      return [
        `${t("copy.plan")}: ${value.title}`,
        several(value.items.map(({ exercise, sets }) => times(exercise, sets))),
      ];
    case "goal":
      return [`${t("copy.goal")}: ${value.activity ?? t("copy.voice")}`];
    case "goal_score":
      return [`${t("copy.goal")}: ${painNumber(value.score)}`];
    case "peg":
      return [`PEG: ${[value.pain, value.enjoyment, value.activity].map(painNumber).join(" / ")}`];
    default:
      return [];
  }
}

const PAINS = ["copy.before", "copy.worst", "copy.after"] as const;

function painNumber(score: number | "not_said"): string {
  return score === "not_said" ? t("pain.notSaid") : String(score);
}

function whenOf(value: AnyRecord): { readonly day: string; readonly time: string } {
  const { at, tz_min } = value;
  const moment = "performed_at" in value ? value.performed_at : at;
  const day = "day" in value ? value.day : dayOf(at, tz_min);
  return { day, time: sayTimeThere(moment, tz_min) };
}

/** The page: all that was told, with days and times where it was told. */
export function readable(care: Care, today: string): string {
  const rows = care.diary.value
    .map((one) => ({ ...whenOf(one.value), lines: linesOf(one), mine: one.mine }))
    .filter(({ lines }) => lines.length > 0)
    .map(({ day, time, lines }) => {
      const cell = lines.map(safe).join("<br>");
      return `<tr><th scope="row">${safe(`${sayFullDate(day)} ${day.slice(0, 4)}, ${time}`)}</th><td dir="auto">${cell}</td></tr>`;
    });
  const title = safe(t("copy.title", { name: care.name.value }));
  return `<!doctype html>
<html lang="${languageTag()}" dir="${direction()}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>${title}</title><style>${STYLE}</style></head>
<body><h1>${title}</h1><p>${safe(t("copy.made", { day: `${sayFullDate(today)} ${today.slice(0, 4)}` }))}</p>
<table>${rows.join("\n")}</table></body></html>
`;
}
