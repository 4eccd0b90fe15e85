/** Words for what a server or a log can say no to; the codes are those of docs/circle.md. */
import type { SyncStatus } from "../client.ts";
import type { RunnerState } from "../sync.ts";
import { enAlarms } from "../words/en-alarms.ts";
import { addWords, t } from "../words/index.ts";

type Said = keyof typeof enAlarms;

function isSaid(id: string): id is Said {
  return id in enAlarms;
}

/** A text in the language that is spoken now; the English one until its words are there. */
function say(id: Said, name = ""): string {
  addWords(enAlarms);
  return t(id, { name });
}

/** Why the server did not take a record. */
export function reasonOfRefusal(code: string): string {
  const id = `refused.${code}`;
  return say(isSaid(id) ? id : "refused.other");
}

/** Why a circle is not written to. */
export const ALARMS = {
  fork: "alarm.fork",
  damaged: "alarm.damaged",
  newer: "alarm.newer",
  out: "alarm.out",
  gone: "alarm.gone",
  key: "alarm.key",
  broken: "alarm.broken",
  twice: "alarm.twice",
} as const satisfies Readonly<Record<string, Said>>;

export type Alarm = (typeof ALARMS)[keyof typeof ALARMS];

/** An alarm in words; "" for none. */
export function wordsOfAlarm(alarm: Alarm | ""): string {
  return alarm === "" ? "" : say(alarm);
}

/** Findings after which nothing more is written to a circle. */
export const STOPPING: ReadonlySet<string> = new Set(["fork", "rollback"]);

/** Words for something that no honest server and no honest member shows. */
function wordsOf(code: string, name: string): string {
  const bare = `alarm.${code}`;
  const id = isSaid(bare) ? bare : "alarm.gap";
  const named = `${id}Of`;
  return name !== "" && isSaid(named) ? say(named, name) : say(id);
}

/** Words for a link to an older key that its maker, by name or "", has broken. */
function brokenBy(name: string): string {
  return name === "" ? say("alarm.link") : say("alarm.linkOf", name);
}

/** What is wrong in a circle whose log is right, in plain words; "" while all is well. */
export function alarmOf(
  circle: {
    readonly found: readonly { readonly code: string; readonly device: string }[];
    readonly receipts: { readonly twice: boolean };
    readonly isWhole: boolean;
    nameOfDevice(device: string): string;
  },
  [bad]: readonly { readonly device: string }[],
  hasFalseKey: boolean,
): string {
  const [found] = circle.found;
  if (bad !== undefined) return brokenBy(circle.nameOfDevice(bad.device));
  if (hasFalseKey && !circle.isWhole) return say(ALARMS.key);
  if (found !== undefined) return wordsOf(found.code, circle.nameOfDevice(found.device));
  return circle.receipts.twice ? say(ALARMS.twice) : "";
}

/** How sync is doing, in the words of a screen; an alarm is shown once nothing is in the way of it. */
export function condition(state: RunnerState, alarm: string): Pick<SyncStatus, "state" | "reason"> {
  switch (state) {
    case "working":
    case "offline":
      return { state, reason: "" };
    case "idle":
      return { state: alarm === "" ? "idle" : "trouble", reason: alarm };
    case "broken":
      return { state: "trouble", reason: say(ALARMS.broken) };
    default:
      return { state: "trouble", reason: say(`alarm.${state}`) };
  }
}
