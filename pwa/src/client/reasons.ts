/** Plain words for what a server or a log can say no to; the codes are those of docs/circle.md. */

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
  broken: "Something went wrong on this phone. Your records are kept.",
} as const;

/** Words for a link to an older key that its maker, by name or "", has broken. */
export function brokenBy(name: string): string {
  const whose = name === "" ? "The key of one phone" : `The key that ${name} made`;
  return `${whose} does not open older records. Please ask your clinic.`;
}

export const PORTAL = "This network wants you to sign in first.";
export const BUSY = "The clinic's server cannot answer right now. Your records are kept.";
