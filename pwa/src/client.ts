/**
 * What the screens may ask for, and nothing else.
 *
 * A screen never imports PouchDB, a cipher or `fetch`: it reads signals and calls these. The one
 * real implementation is `client/open.ts`; the gallery and the screen tests bring their own.
 */
import type { ReadonlySignal } from "@preact/signals";
import type { Elsewhere } from "./elsewhere";
import type { Media } from "./media";
import type { Card, Members } from "./members";
import type {
  AnyRecord,
  Note,
  Pain,
  PainAnswer,
  Plan,
  Profile,
  Session,
  Void,
} from "./records.gen";
import type { Reminding } from "./reminding";
import type { Sending } from "./sending";

export type { Note, Pain, PainAnswer, Plan, Profile, Session };

/** Where a record is known to be. "server" only after the server answered for it. */
export type Place = "phone" | "server";

/** One opened record with what the envelope says about it. */
export interface Opened<T> {
  /** Document id, `kind:yymm:device:c000001`. */
  readonly id: string;
  readonly value: T;
  readonly place: Place;
  /** Member id of the author; the author is "me" when it is one of this person's devices. */
  readonly author: string;
  readonly mine: boolean;
  /** There when the author's phone was put under an existing member by somebody else. */
  readonly added?: { readonly by: string; readonly at: number };
  /** There when a therapist or an admin wrote it. */
  readonly staff?: true;
  /** There when it was corrected: what it said at first, and when the last correction was made. */
  readonly was?: { readonly value: T; readonly at: number };
  /** Its times were moved, since the clock was wrong; or they cannot be right, and nobody knows. */
  readonly clock?: "moved" | "unsure";
  /** Who told it for the person whose record it is, where it was somebody else. */
  readonly entered?: { readonly role: Role; readonly name: string };
}

/** A record that its author took back: it counts no more. */
export interface Taken extends Opened<AnyRecord> {
  /** When it was taken back, unix seconds. */
  readonly takenAt: number;
  readonly why: NonNullable<Void["reason"]>;
}

export type Role = "patient" | "caregiver" | "therapist" | "admin";

/** One circle that this profile belongs to, as the screens name it. */
export interface Care {
  readonly circle: string;
  readonly purpose: "patient" | "clinic";
  readonly role: Role;
  /** Name of the patient (purpose patient) or of the clinic; "" until its record has arrived. */
  readonly name: ReadonlySignal<string>;
  /** Name of the therapist of a patient circle; "" until known. */
  readonly therapist: ReadonlySignal<string>;
  /** Whether a patient's device has joined. */
  readonly joined: ReadonlySignal<boolean>;
  /** Whether this device was removed, or has left. */
  readonly isOut: ReadonlySignal<boolean>;
  /** When the record was closed, unix seconds; 0 = it is open. After 30 days the server erases it. */
  readonly closedAt: ReadonlySignal<number>;
  /** Whether what is shown is a summary whose records are still on their way. */
  readonly checking: ReadonlySignal<boolean>;
  /** Whether this phone is not let in yet: what is made here waits. */
  readonly awaited: ReadonlySignal<boolean>;
  /** Phones that ask to be let in. */
  readonly asking: ReadonlySignal<number>;
  /** Every record that counts, as it was corrected last, by the order of the fold, oldest first. */
  readonly diary: ReadonlySignal<readonly Opened<AnyRecord>[]>;
  /** What was taken back, in the same order. */
  readonly taken: ReadonlySignal<readonly Taken[]>;
  /** Resolves when all that is stored on this phone is shown; absent where it is already. */
  readonly loaded?: Promise<void>;
  /** Newest plans: one, or several when two were written at once. */
  readonly plans: ReadonlySignal<readonly Opened<Plan>[]>;
  /** Versions that newer ones replaced, by the order of the fold, oldest first; none in a summary. */
  readonly pastPlans: ReadonlySignal<readonly Opened<Plan>[]>;
  /** By the order of the fold, oldest first. */
  readonly sessions: ReadonlySignal<readonly Opened<Session>[]>;
  readonly pains: ReadonlySignal<readonly Opened<Pain>[]>;
  readonly notes: ReadonlySignal<readonly Opened<Note>[]>;
}

export interface SyncStatus {
  readonly state: "idle" | "working" | "offline" | "trouble";
  /** Records that are only on this phone. */
  readonly unsent: number;
  /** When the server last answered, unix seconds; 0 = never. */
  readonly lastContact: number;
  /** Records that the server refused, with the reason in plain words. Nothing is lost. */
  readonly refused: readonly { readonly id: string; readonly reason: string }[];
  /** Plain words when state is "trouble". */
  readonly reason: string;
}

/** What a link of an invitation leads to, looked at before anything is made. */
export type LinkView =
  | { readonly kind: "setup" }
  | {
      readonly kind: "join";
      readonly role: Role;
      readonly purpose: "patient" | "clinic";
      /** direct, or absent: the link lets one in; approve: by it one only can ask. */
      readonly mode?: "direct" | "approve";
    }
  | {
      readonly kind: "broken";
      /** incomplete: cut link; used, expired: no longer open; unknown: the server has none such; offline: cannot look now. */
      readonly why: "incomplete" | "used" | "expired" | "unknown" | "offline";
    };

/** One person on this phone. */
export interface ProfileView {
  readonly id: string;
  /** A picture name of the profile chooser: "hill", "leaf", "river", "sun", "boat", "bird". */
  readonly picture: string;
  readonly role: Role;
  /** Whether a number is asked for, as far as is known before it is opened. */
  readonly locked?: boolean;
}

/** What the person entered; the client adds clock, zone, counter and seals it. */
export type SessionInput = Pick<
  Session,
  "day" | "performed_at" | "plan" | "done" | "items" | "pain" | "effort"
>;
export type PainInput = Pick<Pain, "day" | "performed_at" | "context" | "score">;
export type PlanInput = Omit<Plan, "type" | "lam" | "at" | "tz_min" | "off_s">;
/** Any record; the client adds clock, zone and order, and seals it. */
export type Draft<T extends AnyRecord = AnyRecord> = T extends AnyRecord
  ? Omit<T, "lam" | "at" | "tz_min" | "off_s">
  : never;

/** How the lock of a profile stands. */
export interface LockView {
  /** Length of its number, 4 to 8. */
  readonly digits: number;
  /** Tries until the next wait. */
  readonly left: number;
  /** Seconds until the next try; 0 = now. */
  readonly waitS: number;
  /** Whether the phone's own lock opens it as well. */
  readonly byPhone: boolean;
  /** Whether the lock can not be taken off: without it the keys would lie open. */
  readonly needed: boolean;
  /** Seconds without a touch after which it locks. */
  readonly idleS: number;
  /** Whether it locks as soon as the app is not seen. */
  readonly whenHidden: boolean;
}

/**
 * The locks of this phone's profiles. Where a number is asked for, a wrong one rejects with an
 * error named `PinRefused` that tells `left` and `waitS`.
 */
export interface Locks {
  /** Undefined when the profile has none. */
  view(profileId: string): Promise<LockView | undefined>;
  unlock(profileId: string, pin: string): Promise<Client>;
  unlockByPhone(profileId: string): Promise<Client>;
  /** Put a lock on, or with `old` change its number; the profile is opened anew. */
  put(profileId: string, pin: string, old?: string): Promise<Client>;
  /** Take the lock off; the profile is opened anew. */
  take(profileId: string, pin: string): Promise<Client>;
  setTiming(profileId: string, timing: Pick<LockView, "idleS" | "whenHidden">): Promise<void>;
  /** Whether this phone's own lock could open profiles. */
  phoneCan(): Promise<boolean>;
  setByPhone(profileId: string, pin: string, wanted: boolean): Promise<void>;
  /** Take a profile with all it has off this phone; nothing of it can be brought back. */
  wipe(profileId: string): Promise<void>;
}

/** What the rooms of every day show of reminders. */
export interface Reminder {
  /** Whether to offer them: nobody has chosen yet. */
  readonly isOffered: boolean;
  /** The time, `HH:MM`, that is past today where this phone may not show messages; "" = none. */
  readonly due: string;
}

/** What was answered and is not saved yet: on this phone alone, sealed. */
export interface Drafts {
  /** What was kept last for a circle; undefined when there is nothing. */
  read(circle: string): Promise<string | undefined>;
  /** Resolves when it would outlive a kill; undefined takes it away. */
  keep(circle: string, text: string | undefined): Promise<void>;
}

/** One opened profile. */
export interface Client {
  readonly profile: ProfileView;
  /** Turns true when it was closed, by whatever: what it showed must go. */
  readonly ended: ReadonlySignal<boolean>;
  readonly cares: ReadonlySignal<readonly Care[]>;
  readonly sync: ReadonlySignal<SyncStatus>;
  /** Today's local date, `YYYY-MM-DD`. */
  readonly today: ReadonlySignal<string>;
  readonly drafts: Drafts;

  /** Resolve when the record is durable on this phone; the tick may show then. Gives its id. */
  logSession(circle: string, input: SessionInput): Promise<string>;
  logPain(circle: string, input: PainInput): Promise<string>;
  writeNote(circle: string, text: string): Promise<string>;
  writePlan(circle: string, plan: PlanInput): Promise<string>;
  /** The same of a record of any type: messages, corrections, answers, wishes. */
  write(circle: string, draft: Draft): Promise<string>;

  /** Found a patient's circle with name and plan; gives the circle and a link to join (needs network). */
  createPatient(name: string, plan: PlanInput): Promise<{ circle: string; link: string }>;
  /** A fresh link for the patient of a circle (needs network). */
  invitePatient(circle: string): Promise<string>;
  /** Who is in a circle, and what can be done about it. */
  members(circle: string): Promise<Members>;
  /**
   * Close a record, or open it again (needs network). Rejects where this phone's role may not.
   */
  setClosed(circle: string, isClosed: boolean): Promise<void>;
  /** A printed card for a lost phone. */
  card(): Promise<Card>;
  /** Whether one lost phone would close every patient's record: staff with nothing else. */
  readonly needsCard: ReadonlySignal<boolean>;
  /** Voices that belong to records of a circle. */
  media(circle: string): Promise<Media>;
  syncNow(): Promise<void>;
  /** What sending costs, whether all is there, what is stuck, other phones. */
  sending(): Promise<Sending>;
  readonly reminder: ReadonlySignal<Reminder>;
  reminding(): Promise<Reminding>;
  /** Handing on what belongs to somebody else on this phone. */
  elsewhere(): Promise<Elsewhere>;
  close(): Promise<void>;
}

/** A phone that has asked to be let in. */
export interface Asking {
  /** Twelve digits, which the one who answers sees too. */
  readonly digits: string;
  /** Resolves when somebody has said yes; rejects when they said no, or nobody can any more. */
  readonly opened: Promise<Client>;
  /** Look no longer; what was asked is kept for the next start. */
  stop(): void;
}

/** A phone that stands beside another one, both without a network. */
export interface Beside {
  /** What its square code says. */
  readonly code: string;
  /** Take the other phone's answer; from then on records can be made. Rejects what is no answer. */
  enter(answer: string): Promise<Client>;
}

/** The door: profiles on this phone and the way in. */
export interface Door {
  profiles(): Promise<readonly ProfileView[]>;
  /** Rejects with an error named `ProfileLocked` where a lock lies over it. */
  open(profileId: string): Promise<Client>;
  locks(): Promise<Locks>;
  /** `fragment` is the part after "#" of the link that was opened. */
  look(fragment: string): Promise<LinkView>;
  /**
   * Found the clinic by the one-time setup secret.
   *
   * Rejects with an error named `KeyStoreError` where this browser keeps no keys: `why` is "opaque"
   * when a number (`pin`) would help, else "none".
   */
  found(fragment: string, names: { clinic: string; person: string }, pin?: string): Promise<Client>;
  /**
   * Join by an invitation; makes a new profile, or uses `profileId` for one more circle. Rejects as
   * `found` and `open` do.
   */
  join(fragment: string, profileId?: string, pin?: string): Promise<Client>;
  /** Ask to be let in, by a link of mode "approve"; otherwise as `join`. */
  ask(fragment: string, profileId?: string, pin?: string): Promise<Asking>;
  /**
   * Come in by a printed card. Rejects with an error whose `code` is "schema" (not 20 letters),
   * "target" (no such card), "removed" (an old one), "limit" (made in a way that is not taken) or
   * "tag" (damaged).
   */
  recover(code: string, pin?: string): Promise<Client>;
  /** Stand beside a phone that is in a circle; otherwise as `join`. */
  beside(pin?: string): Promise<Beside>;
  /** What was asked at an earlier start and has no answer yet. */
  asked(): Promise<readonly Asking[]>;
}
