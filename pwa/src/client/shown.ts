/** Records as a screen shows them. */
import type { Signal } from "@preact/signals";
import type { Membership } from "../circle/log.ts";
import type { Note, Opened, Pain, Plan, Session } from "../client.ts";
import type { AnyRecord } from "../records.gen.ts";
import { type Entry, inForce } from "./diary.ts";
import { namesOf, setUnder } from "./names.ts";
import type { Receipts } from "./receipts.ts";
import type { Unsealed } from "./waiting.ts";

/** Whose eyes see them, and what is known of where they are. */
interface Seen {
  readonly membership: Membership;
  readonly receipts: Receipts;
  /** One's own member id. */
  readonly member: string | undefined;
  nameOfDevice(device: string): string;
}

/** All of one type, in the order in which they are given. */
function shownOf<T extends AnyRecord>(
  entries: readonly Entry[],
  type: T["type"],
  seen: Seen,
): Opened<T>[] {
  const { membership, receipts, member } = seen;
  return entries
    .filter(({ value }) => value.type === type)
    .map(({ id, value, author, device }) => ({
      id,
      value: value as T,
      place: receipts.onServer(id) ? "server" : "phone",
      author,
      mine: author === member,
      ...setUnder(membership, device, (by) => seen.nameOfDevice(by)),
    }));
}

/** What the screens read of a circle. */
interface Drawn extends Seen {
  readonly purpose: "patient" | "clinic";
  readonly name: Signal<string>;
  readonly therapist: Signal<string>;
  readonly joined: Signal<boolean>;
  readonly plans: Signal<readonly Opened<Plan>[]>;
  readonly sessions: Signal<readonly Opened<Session>[]>;
  readonly pains: Signal<readonly Opened<Pain>[]>;
  readonly notes: Signal<readonly Opened<Note>[]>;
}

/** Bring them up to date. */
export function draw(care: Drawn, entries: readonly Entry[]): void {
  const { clinic, patient, therapist } = namesOf(care.membership, entries);
  care.name.value = care.purpose === "clinic" ? clinic : patient;
  care.therapist.value = therapist;
  care.joined.value = care.membership.liveDevices().some(({ role }) => role === "patient");
  care.plans.value = inForce(shownOf<Plan>(entries, "plan", care));
  care.sessions.value = shownOf<Session>(entries, "session", care);
  care.pains.value = shownOf<Pain>(entries, "pain", care);
  care.notes.value = shownOf<Note>(entries, "note", care);
}

/** The same of records that wait until this phone is let in. */
export function drawWaiting(care: Omit<Drawn, keyof Seen>, held: readonly Unsealed[]): void {
  const of = <T extends AnyRecord>(type: T["type"]): Opened<T>[] =>
    held.flatMap(({ body }, at) => {
      if (body.type !== type) return [];
      const value = body as unknown as T;
      return [{ id: `waiting:${at + 1}`, value, place: "phone", author: "", mine: true }];
    });
  care.sessions.value = of<Session>("session");
  care.pains.value = of<Pain>("pain");
  care.notes.value = of<Note>("note");
}
