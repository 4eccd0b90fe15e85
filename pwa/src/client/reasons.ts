/** Plain words for what a server or a log can say no to; the codes are those of docs/circle.md. */
import type { SyncStatus } from "../client.ts";
import type { RunnerState } from "../sync.ts";

const REASONS: Readonly<Record<string, string>> = {
  limit: "The clinic's server has no room for more right now.",
  authz: "This phone may not write this kind of record here.",
  author: "This phone is not in the circle of this record.",
  removed: "This phone was removed from the circle before this was sent.",
  taken: "Another record already has this number.",
  stale: "The members have changed; this will be tried again.",
  "newer-log": "The server does not know the newest members yet; this will be tried again.",
  schema: "The server does not know this kind of record.",
  closed: "This circle is closed.",
};

/** Why the server did not take a record. */
export function reasonOfRefusal(code: string): string {
  return REASONS[code] ?? "The clinic's server did not take this.";
}

/** Why a circle is not written to. */
export const ALARMS = {
  fork: "The member list on the server is not the one this phone has seen. Please ask your clinic.",
  damaged: "The member list of this circle has a mistake. Please ask your clinic.",
  newer: "This circle needs a newer version of the app.",
  out: "This phone is no longer let in. Please ask your clinic.",
  gone: "The clinic's server does not know this circle. Please ask your clinic.",
  key: "The key that the server gave does not open. Your records wait on this phone.",
  broken: "Something went wrong on this phone. Your records are kept.",
  twice:
    "Another phone writes under your name. Is there a copy of this one? Please ask your clinic.",
} as const;

/** Why what the server shows is not whole, by code; `{whose}` is whose records. */
const FOUND: Readonly<Record<string, string>> = {
  gap: "Some records {whose} are missing on the server. Please ask your clinic.",
  replaced: "Records {whose} on the server are not those that were seen. Please ask your clinic.",
  taken: "Two phones write under one name{whose}. Please ask your clinic.",
  "newer-log": "The server keeps back news about the members. Please ask your clinic.",
  fork: ALARMS.fork,
  sig: "The server shows a record that nobody here wrote. Please ask your clinic.",
  rollback:
    "The member list on the server is older than the one this phone has seen. Please ask your clinic.",
  snapshot: "The summary{whose} did not match the records. The records are shown.",
};

/** Findings after which nothing more is written to a circle. */
export const STOPPING: ReadonlySet<string> = new Set(["fork", "rollback"]);

/** Words for something that no honest server and no honest member shows. */
function wordsOf(code: string, name: string): string {
  const whose =
    name === "" ? "" : code === "gap" || code === "replaced" ? `of ${name}` : ` (${name})`;
  const words = FOUND[code] ?? FOUND.gap ?? "";
  return words.replace("{whose}", whose).replace("  ", " ");
}

/** Words for a link to an older key that its maker, by name or "", has broken. */
function brokenBy(name: string): string {
  const whose = name === "" ? "The key of one phone" : `The key that ${name} made`;
  return `${whose} does not open older records. Please ask your clinic.`;
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
  if (hasFalseKey && !circle.isWhole) return ALARMS.key;
  if (found !== undefined) return wordsOf(found.code, circle.nameOfDevice(found.device));
  return circle.receipts.twice ? ALARMS.twice : "";
}

export const PORTAL = "This network wants you to sign in first.";
export const BUSY = "The clinic's server cannot answer right now. Your records are kept.";

/** How sync is doing, in the words of a screen; an alarm is shown once nothing is in the way of it. */
export function condition(state: RunnerState, alarm: string): Pick<SyncStatus, "state" | "reason"> {
  const words = { portal: PORTAL, busy: BUSY, broken: ALARMS.broken, idle: alarm };
  if (state === "working" || state === "offline") return { state, reason: "" };
  const reason = words[state];
  return { state: reason === "" ? "idle" : "trouble", reason };
}
