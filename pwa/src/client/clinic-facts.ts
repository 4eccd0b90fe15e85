/**
 * What a clinic says to all its patients: whom to call, and which words a clinician stands for. It
 * is written once, in the clinic's circle, which patients do not read; the apps of its therapists
 * carry it into each patient's circle.
 */
import type { Opened } from "../client.ts";
import type { AnyRecord, Approval, Contacts } from "../records.gen.ts";

/** A record as it is written. */
export type Fact =
  | Omit<Contacts, "lam" | "at" | "tz_min" | "off_s">
  | Omit<Approval, "lam" | "at" | "tz_min" | "off_s">;

type Diary = readonly Opened<AnyRecord>[];

/** The newest of each kind that staff has said: the card, and the approval of a set in a language. */
function newest(diary: Diary): Map<string, Contacts | Approval> {
  const found = new Map<string, Contacts | Approval>();
  for (const { value, staff } of diary) {
    if (!staff) continue;
    if (value.type === "contacts") found.set(value.type, value);
    if (value.type === "approval") found.set(`${value.texts} ${value.language}`, value);
  }
  return found;
}

function withoutStamp({ lam, at, tz_min, ...fact }: Contacts | Approval): Fact {
  const { off_s: _, ...said } = fact as Fact & { readonly off_s?: number };
  return said as Fact;
}

/**
 * What a patient's circle lacks of what the clinic says. What stands there and is newer is left: it
 * was carried by somebody who knows more.
 */
export function factsOwed(clinic: Diary, patient: Diary): Fact[] {
  const there = newest(patient);
  return [...newest(clinic)].flatMap(([key, value]) => {
    const fact = withoutStamp(value);
    const known = there.get(key);
    if (known === undefined) return isSaying(fact) ? [fact] : [];
    const isSame = JSON.stringify(sorted(withoutStamp(known))) === JSON.stringify(sorted(fact));
    return isSame || known.at >= value.at ? [] : [fact];
  });
}

/** An approval that was taken back says nothing to who never heard of it. */
function isSaying(fact: Fact): boolean {
  return fact.type === "contacts" || fact.approved;
}

function sorted(fact: Fact): unknown {
  return Object.entries(fact).sort(([a], [b]) => (a < b ? -1 : 1));
}
