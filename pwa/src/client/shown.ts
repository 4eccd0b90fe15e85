/** Records as a screen shows them. */
import type { Signal } from "@preact/signals";
import { fold } from "../circle/fold.ts";
import type { Body } from "../circle/frame.ts";
import type { Membership } from "../circle/log.ts";
import type { Note, Opened, Pain, Plan, Role, Session, Taken } from "../client.ts";
import type { AnyRecord, Void } from "../records.gen.ts";
import { clocksOf, moved } from "./clock-reading.ts";
import type { Entry } from "./diary.ts";
import { nameOfMember, namesOf, setUnder } from "./names.ts";
import type { Receipts } from "./receipts.ts";
import { asRecord } from "./shapes.ts";
import type { Unsealed } from "./waiting.ts";

/** Whose eyes see them, and what is known of where they are. */
interface Seen {
  readonly membership: Membership;
  readonly receipts: Receipts;
  /** One's own member id. */
  readonly member: string | undefined;
  /** Tells this device's own time. */
  readonly clock: { readonly serverS: number };
  nameOfDevice(device: string): string;
}

/** What became of a record. */
interface Standing {
  /** What took it back, or "". */
  readonly gone: string;
  /** Whether it is a plan that is not, or no longer, in force. */
  readonly isPast: boolean;
}

/** All of it, corrected, in order: what counts, what was taken back, and the plans of the past. */
function told(
  entries: readonly Entry[],
  seen: Drawn,
): { counts: Opened<AnyRecord>[]; taken: Taken[]; past: Opened<AnyRecord>[] } {
  const { membership, receipts, member, purpose } = seen;
  const statements = entries.map((entry) => ({
    ...entry,
    kind: entry.id.slice(0, 2),
    member: entry.author,
    body: entry.value as unknown as Body,
  }));
  const folded = (["c", "k"] as const).map((stream) => fold(statements, { purpose, stream }));
  const tell = clocksOf(entries, membership.stamps[0]?.ts ?? 0, seen.clock.serverS);
  const replaced = inForce(folded.flatMap(({ plans }) => plans));
  const records = new Map(
    folded.flatMap(({ records }) => records).map((record) => [record.statement.id, record]),
  );
  const atOf = new Map(statements.map(({ id, at }) => [id, at]));
  const voids = new Map(statements.map(({ id, value }) => [id, value]));
  const all = statements
    .flatMap(({ id }) => records.get(id) ?? [])
    .map(({ statement, body, amended, void: gone }): Opened<AnyRecord> & Standing => {
      const { id, kind, value, author, device, role } = statement;
      const { shift_s, clock } = tell(statement);
      const isAsked = amended.length > 0 && body.day !== (value as { day?: string }).day;
      // A correction that makes nonsense of a record changes nothing.
      const meant = amended.length === 0 ? value : (asRecord(kind, body) ?? value);
      return {
        id,
        // Who says themselves which day it was knows it better than any clock.
        value: shift_s === 0 || isAsked ? meant : moved(meant, shift_s),
        ...(clock && { clock }),
        place: [id, ...amended].every((name) => receipts.onServer(name)) ? "server" : "phone",
        author,
        mine: author === member,
        ...setUnder(membership, device, (by) => seen.nameOfDevice(by)),
        ...enteredBy(statement, seen.purpose, (of) => nameOfMember(entries, of)),
        ...((role === "therapist" || role === "admin") && { staff: true as const }),
        ...(amended.length > 0 && { was: { value, at: atOf.get(amended.at(-1) ?? "") ?? 0 } }),
        gone,
        isPast: replaced(statement),
      };
    });
  const standing = (past: boolean) =>
    all.flatMap(({ gone, isPast, ...one }) => (gone === "" && isPast === past ? [one] : []));
  return {
    counts: standing(false),
    past: standing(true),
    taken: all.flatMap(({ gone, isPast, ...one }) => {
      const why = (voids.get(gone) as Void | undefined)?.reason ?? "mistake";
      return gone === "" || isPast ? [] : [{ ...one, takenAt: atOf.get(gone) ?? 0, why }];
    }),
  };
}

/** What only the person themselves can know, told by somebody else. */
function enteredBy(
  { value, role, author }: Entry,
  purpose: string,
  nameOf: (member: string) => string,
): Pick<Opened<AnyRecord>, "entered"> {
  if (purpose !== "patient" || role === "patient" || !("day" in value)) return {};
  return { entered: { role: role as Role, name: nameOf(author) } };
}

/** Tells a version of a plan that another one has replaced. */
function inForce(plans: readonly string[]): (entry: Entry) => boolean {
  return ({ id, value }) => value.type === "plan" && !plans.includes(id);
}

/** What the screens read of a circle. */
export interface Shown {
  readonly purpose: "patient" | "clinic";
  readonly name: Signal<string>;
  readonly therapist: Signal<string>;
  readonly joined: Signal<boolean>;
  readonly closedAt: Signal<number>;
  readonly diary: Signal<readonly Opened<AnyRecord>[]>;
  readonly taken: Signal<readonly Taken[]>;
  readonly plans: Signal<readonly Opened<Plan>[]>;
  readonly pastPlans: Signal<readonly Opened<Plan>[]>;
  readonly sessions: Signal<readonly Opened<Session>[]>;
  readonly pains: Signal<readonly Opened<Pain>[]>;
  readonly notes: Signal<readonly Opened<Note>[]>;
}

type Drawn = Seen & Shown;

/** All of one type. */
export function only<T extends AnyRecord>(
  all: readonly Opened<AnyRecord>[],
  type: T["type"],
): readonly Opened<T>[] {
  return all.filter((one): one is Opened<T> => one.value.type === type);
}

/** Give each type to those who show it; plans are apart, since not all of them are in force. */
export function drawAll(care: Shown, all: readonly Opened<AnyRecord>[]): void {
  care.diary.value = all;
  care.sessions.value = only<Session>(all, "session");
  care.pains.value = only<Pain>(all, "pain");
  care.notes.value = only<Note>(all, "note");
}

/** Bring them up to date. */
export function draw(care: Drawn, entries: readonly Entry[]): void {
  const { clinic, patient, therapist } = namesOf(care.membership, entries);
  care.name.value = care.purpose === "clinic" ? clinic : patient;
  care.therapist.value = therapist;
  care.joined.value = care.membership.liveDevices().some(({ role }) => role === "patient");
  care.closedAt.value = care.membership.closedAt ?? 0;
  const { counts, taken, past } = told(entries, care);
  care.plans.value = only<Plan>(counts, "plan");
  care.pastPlans.value = only<Plan>(past, "plan");
  care.taken.value = taken;
  drawAll(care, counts);
}

/** The same of records that wait until this phone is let in. */
export function drawWaiting(care: Shown, held: readonly Unsealed[]): void {
  drawAll(
    care,
    held.map(({ body }, at) => {
      const value = body as unknown as AnyRecord;
      return { id: `waiting:${at + 1}`, value, place: "phone", author: "", mine: true };
    }),
  );
}
