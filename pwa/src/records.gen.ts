// Generated from sync/rejoint_sync/records.py by `make types`.

/**
 * A session of exercises, performed or left out (`done` "none").
 *
 * Attributes:
 *     day: Local date on which it was performed.
 *     performed_at: When it was performed, unix seconds as the phone's clock said.
 *     plan: Document id of the plan it followed.
 *     done: How much of it.
 *     items: What was done of each exercise.
 *     pain: Pain around it.
 *     effort: 0 very easy to 10 very hard.
 *     reason: Why not all, when one reason was given for the whole.
 */
export interface Session {
  lam: number;
  at: number;
  tz_min: number;
  type: "session";
  day: string;
  performed_at: number;
  plan?: string;
  done: "all" | "some" | "none";
  /**
   * @maxItems 40
   */
  items: ItemDone[];
  pain: SessionPain;
  effort?: number | "not_said";
  reason?: "too_hard" | "pain" | "not_understood" | "no_time";
}
/**
 * One exercise of a session.
 *
 * Attributes:
 *     exercise: Its id in the library.
 *     sets_done: Sets performed, 0 when skipped.
 *     reps_done: Repeats in the last set, when they were counted.
 *     reason: Why less was done, when the person said so.
 */
export interface ItemDone {
  exercise: string;
  sets_done: number;
  reps_done?: number;
  reason?: "too_hard" | "pain" | "not_understood" | "no_time";
}
/**
 * Pain around a session, 0 to 10; absent = not asked.
 *
 * Attributes:
 *     before: Just before.
 *     worst: The worst during the exercises.
 *     after: Just after.
 */
export interface SessionPain {
  before?: number | "not_said";
  worst?: number | "not_said";
  after?: number | "not_said";
}
/**
 * One pain score outside a session.
 *
 * Attributes:
 *     day: Local date it is about.
 *     performed_at: When it was asked, unix seconds as the phone's clock said.
 *     context: The morning after, or right now.
 *     score: 0 to 10, or "not_said".
 */
export interface Pain {
  lam: number;
  at: number;
  tz_min: number;
  type: "pain";
  day: string;
  performed_at: number;
  context: "morning" | "now";
  score: number | "not_said";
}
/**
 * A therapist's note to the patient.
 *
 * Attributes:
 *     text: Plain text.
 *     about: Document ids of the records it speaks of.
 */
export interface Note {
  lam: number;
  at: number;
  tz_min: number;
  type: "note";
  text: string;
  /**
   * @maxItems 50
   */
  about?: string[];
}
/**
 * One version of a plan; versions form a graph by `parents`, two heads are both shown.
 *
 * Attributes:
 *     title: For the therapist and the person.
 *     parents: Document ids of the versions it replaces.
 *     days_per_week: On how many days a week the session is wanted.
 *     items: The exercises in order.
 *     pain_rule: Bounds of the traffic light; absent = switched off.
 */
export interface Plan {
  lam: number;
  at: number;
  tz_min: number;
  type: "plan";
  title: string;
  /**
   * @maxItems 20
   */
  parents: string[];
  days_per_week: number;
  /**
   * @maxItems 20
   */
  items: PlanItem[];
  pain_rule?: PainRule;
}
/**
 * The dose of one exercise; either `reps` or `time_s`.
 *
 * Attributes:
 *     exercise: Its id in the library.
 *     sets: Rounds.
 *     reps: Repeats a round.
 *     time_s: Seconds a round.
 *     hold_s: Seconds to hold each repeat.
 *     rest_s: Seconds between rounds.
 *     side: Which side, seen from the person.
 *     load: A band's colour, kilograms or other words.
 *     note: The therapist's words for this exercise.
 */
export interface PlanItem {
  exercise: string;
  sets: number;
  reps?: number;
  time_s?: number;
  hold_s: number;
  rest_s: number;
  side: "both" | "left" | "right" | "each";
  load?: string;
  note?: string;
}
/**
 * Bounds of the pain traffic light.
 *
 * Attributes:
 *     go_max: Up to this pain: carry on.
 *     slow_max: Up to this: allowed if it settles by the next morning; above: stop.
 */
export interface PainRule {
  go_max: number;
  slow_max: number;
}
/**
 * Who a member is, or what a clinic is called.
 *
 * Attributes:
 *     about: A member of this circle, or the clinic itself.
 *     member: Member id; absent for a clinic.
 *     name: As people say it.
 */
export interface Profile {
  lam: number;
  at: number;
  tz_min: number;
  type: "profile";
  about: "member" | "clinic";
  member?: string;
  name: string;
}
/**
 * A correction of one earlier record by the same person; the last one wins per member.
 *
 * Attributes:
 *     target: Document id of the record that it corrects.
 *     values: Members of that record with their new values; `type`, `lam`, `at` stay as they are.
 *     drop: Members of that record that are taken away, as if they had not been asked.
 */
export interface Amend {
  lam: number;
  at: number;
  tz_min: number;
  type: "amend";
  target: string;
  values: {
    /**
     * This interface was referenced by `undefined`'s JSON-Schema definition
     * via the `patternProperty` "^[a-z][a-z0-9_]{0,31}$".
     */
    [k: string]: unknown;
  };
  /**
   * @maxItems 40
   */
  drop?: string[];
}
/**
 * An earlier record counts no more, for ever; it can be written anew.
 *
 * Attributes:
 *     target: Document id of the record.
 *     reason: Why: written by mistake, or hidden by who looks after a cohort.
 */
export interface Void {
  lam: number;
  at: number;
  tz_min: number;
  type: "void";
  target: string;
  reason?: "mistake" | "hidden";
}
/**
 * Settings of a member, or of the clinic; the last one wins per name.
 *
 * Attributes:
 *     about: Whose settings.
 *     member: Member id; absent for a clinic.
 *     values: By name.
 */
export interface Setting {
  lam: number;
  at: number;
  tz_min: number;
  type: "set";
  about: "member" | "clinic";
  member?: string;
  values: {
    /**
     * This interface was referenced by `undefined`'s JSON-Schema definition
     * via the `patternProperty` "^[a-z][a-z0-9_]{0,31}$".
     */
    [k: string]: string | number | boolean;
  };
}
/**
 * A picture, recording or paper: what its chunks are and the key that opens them.
 *
 * Attributes:
 *     about: Document id of the record that it belongs to.
 *     media: Media type, such as "image/jpeg".
 *     name: As the person's phone called it.
 *     size: Length in bytes.
 *     sha256: Hash of the whole content, base64url.
 *     key: The key of its chunks, 32 bytes as base64url.
 *     chunks: The hash of each chunk's sealed bytes, in order.
 */
export interface Attachment {
  lam: number;
  at: number;
  tz_min: number;
  type: "attachment";
  about?: string;
  media: string;
  name?: string;
  size: number;
  sha256: string;
  key: string;
  /**
   * @maxItems 1025
   */
  chunks: string[];
}

/** 0 = "no pain", "not_said" = asked and skipped; an absent member = not asked. */
export type PainAnswer = number | "not_said";

export type AnyRecord =
  | Session
  | Pain
  | Note
  | Plan
  | Profile
  | Amend
  | Void
  | Setting
  | Attachment;
