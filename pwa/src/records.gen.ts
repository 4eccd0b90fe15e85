// Generated from sync/rejoint_sync/records by `make types`.

export type Records =
  | Session
  | Pain
  | Note
  | Plan
  | Profile
  | Amend
  | Void
  | Setting
  | Attachment
  | Check
  | Goal
  | GoalScore
  | Peg
  | Message
  | Heard
  | Lesson
  | Consent
  | Wish
  | ClockRepair
  | Contacts
  | Approval;

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
  off_s?: number;
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
 *     load: What was lifted or pulled, as the person said it, when it was asked.
 *     effort: 0 very easy to 10 very hard, when it was asked for this exercise.
 *     reason: Why less was done, when the person said so.
 */
export interface ItemDone {
  exercise: string;
  sets_done: number;
  reps_done?: number;
  load?: string;
  effort?: number | "not_said";
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
  off_s?: number;
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
  off_s?: number;
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
 *     start: Local date of its first day; weeks of lessons count from it.
 *     lessons: Ids of education cards, one a week in this order.
 *     reminder: When the therapist proposes to be reminded.
 *     reason: Why it replaces the versions before it, when the therapist said so.
 */
export interface Plan {
  lam: number;
  at: number;
  tz_min: number;
  off_s?: number;
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
  start?: string;
  /**
   * @maxItems 52
   */
  lessons?: string[];
  reminder?: ReminderProposal;
  reason?: "progress" | "too_hard" | "pain" | "other";
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
 *     usual: The usual pain of a morning, to which it must have settled; absent = `go_max`.
 */
export interface PainRule {
  go_max: number;
  slow_max: number;
  usual?: number;
}
/**
 * When the therapist proposes to be reminded; the person decides.
 *
 * Attributes:
 *     times: Local times of a day, `HH:MM`.
 *     weekdays: ISO weekdays, 1 = Monday.
 */
export interface ReminderProposal {
  /**
   * @maxItems 2
   */
  times: string[];
  /**
   * @maxItems 7
   */
  weekdays: number[];
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
  off_s?: number;
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
  off_s?: number;
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
 *     reason: Why: written by mistake, hidden by who looks after a cohort, or told by somebody
 *         else who uses this phone.
 */
export interface Void {
  lam: number;
  at: number;
  tz_min: number;
  off_s?: number;
  type: "void";
  target: string;
  reason?: "mistake" | "hidden" | "someone_else";
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
  off_s?: number;
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
 *     part: Place of this piece, from 0, where the content is cut into several attachments.
 *     parts: How many pieces there are, all `about` the same record; absent = this is all of it.
 *     seconds: Length of the whole recording.
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
  off_s?: number;
  type: "attachment";
  about?: string;
  media: string;
  name?: string;
  part?: number;
  parts?: number;
  seconds?: number;
  size: number;
  sha256: string;
  key: string;
  /**
   * @maxItems 1025
   */
  chunks: string[];
}
/**
 * What somebody answered after "something is wrong", and what the phone advised.
 *
 * Attributes:
 *     day: Local date on which it was asked.
 *     performed_at: When it was asked, unix seconds as the phone's clock said.
 *     texts: Version of the questions, the hash of their texts.
 *     answers: In the order in which they were asked; what was not reached is absent.
 *     advice: What the phone advised.
 */
export interface Check {
  lam: number;
  at: number;
  tz_min: number;
  off_s?: number;
  type: "check";
  day: string;
  performed_at: number;
  texts: string;
  /**
   * @maxItems 40
   */
  answers: Answer[];
  advice: "emergency" | "same_day" | "tell_first" | "none";
}
/**
 * One answer of the check for danger signs.
 *
 * Attributes:
 *     question: Id of the question's text.
 *     answer: "not_sure" counts as yes.
 */
export interface Answer {
  question: string;
  answer: "yes" | "no" | "not_sure";
}
/**
 * An activity that the person wants to do again, in their own words or voice.
 *
 * Attributes:
 *     day: Local date on which it was named.
 *     activity: In their words; absent when it was spoken (an attachment `about` this record).
 */
export interface Goal {
  lam: number;
  at: number;
  tz_min: number;
  off_s?: number;
  type: "goal";
  day: string;
  activity?: string;
}
/**
 * How well a goal's activity goes (Patient-Specific Functional Scale; docs/screens).
 *
 * Attributes:
 *     goal: Document id of the goal.
 *     day: Local date.
 *     performed_at: When it was asked, unix seconds as the phone's clock said.
 *     score: 0 cannot do it, to 10 as well as before.
 */
export interface GoalScore {
  lam: number;
  at: number;
  tz_min: number;
  off_s?: number;
  type: "goal_score";
  goal: string;
  day: string;
  performed_at: number;
  score: number | "not_said";
}
/**
 * The three weekly questions of the PEG scale, each 0 to 10, lower is better.
 *
 * Attributes:
 *     day: Local date.
 *     performed_at: When it was asked, unix seconds as the phone's clock said.
 *     pain: Average pain of the past week.
 *     enjoyment: How much pain stood in the way of enjoying life.
 *     activity: How much pain stood in the way of general activity.
 */
export interface Peg {
  lam: number;
  at: number;
  tz_min: number;
  off_s?: number;
  type: "peg";
  day: string;
  performed_at: number;
  pain: number | "not_said";
  enjoyment: number | "not_said";
  activity: number | "not_said";
}
/**
 * Words between the person and who cares for them, either way.
 *
 * Attributes:
 *     text: Plain text; absent when it was spoken (an attachment `about` this record).
 *     reply_to: Document id of the message or note that it answers.
 *     about: Document ids of the records it speaks of.
 */
export interface Message {
  lam: number;
  at: number;
  tz_min: number;
  off_s?: number;
  type: "message";
  text?: string;
  reply_to?: string;
  /**
   * @maxItems 50
   */
  about?: string[];
}
/**
 * Messages, notes or voice that the writer of this has read or listened to.
 *
 * Attributes:
 *     targets: Document ids.
 */
export interface Heard {
  lam: number;
  at: number;
  tz_min: number;
  off_s?: number;
  type: "heard";
  /**
   * @maxItems 200
   */
  targets: string[];
}
/**
 * An education card that was looked at, with the answer to its question.
 *
 * Attributes:
 *     card: Id of the card.
 *     day: Local date.
 *     performed_at: When, unix seconds as the phone's clock said.
 *     answer: Id of the answer, or "not_said".
 */
export interface Lesson {
  lam: number;
  at: number;
  tz_min: number;
  off_s?: number;
  type: "lesson";
  card: string;
  day: string;
  performed_at: number;
  answer: string;
}
/**
 * What somebody agreed to, or no longer agrees to; the last one counts.
 *
 * Attributes:
 *     notice: Id of the notice that was shown.
 *     version: Hash of its text.
 *     language: BCP 47 tag of the language in which it was shown.
 *     choices: By purpose.
 *     day: Local date.
 *     performed_at: When, unix seconds as the phone's clock said.
 *     given_by: The person, or a caregiver for them.
 */
export interface Consent {
  lam: number;
  at: number;
  tz_min: number;
  off_s?: number;
  type: "consent";
  notice: string;
  version: string;
  language: string;
  choices: {
    /**
     * This interface was referenced by `undefined`'s JSON-Schema definition
     * via the `patternProperty` "^[a-z][a-z0-9_]{0,31}$".
     */
    [k: string]: boolean;
  };
  day: string;
  performed_at: number;
  given_by: "self" | "caregiver";
}
/**
 * What somebody wants done with their programme or their record; the last one counts.
 *
 * Attributes:
 *     wish: Rest for a while, go on, stop the programme, withdraw consent, or have the record
 *         deleted.
 *     day: Local date.
 *     until: Last day of the rest; absent = until they say otherwise.
 *     reason: Why, when they said so.
 */
export interface Wish {
  lam: number;
  at: number;
  tz_min: number;
  off_s?: number;
  type: "wish";
  wish: "pause" | "go_on" | "stop" | "withdraw" | "erase";
  day: string;
  until?: string;
  reason?: "better" | "too_hard" | "pain" | "no_time" | "away" | "other";
}
/**
 * By how much the clock was wrong when the writer's device made some of its records.
 *
 * An added fact: the records stay as they are. Days and times of records `first` to `last` of this
 * device's feed are read as moved by `shift_s`.
 *
 * Attributes:
 *     first: Counter of the first record that it is about.
 *     last: Counter of the last one.
 *     shift_s: Seconds to add to what the records say.
 *     measured_at: When the server's clock was seen, unix seconds.
 */
export interface ClockRepair {
  lam: number;
  at: number;
  tz_min: number;
  off_s?: number;
  type: "clock";
  first: number;
  last: number;
  shift_s: number;
  measured_at: number;
}
/**
 * The clinic's own emergency card; the last one counts.
 *
 * Attributes:
 *     emergency: The emergency number of the place.
 *     contacts: Whom else to call, in this order.
 */
export interface Contacts {
  lam: number;
  at: number;
  tz_min: number;
  off_s?: number;
  type: "contacts";
  emergency?: string;
  /**
   * @maxItems 6
   */
  contacts: Contact[];
}
/**
 * Whom to call.
 *
 * Attributes:
 *     name: As people say it.
 *     phone: The number to dial.
 *     hours: When somebody answers, in words.
 */
export interface Contact {
  name: string;
  phone: string;
  hours?: string;
}
/**
 * A clinician has read one version of a set of texts in one language, and stands for it.
 *
 * Attributes:
 *     texts: Id of the set.
 *     version: Hash of the texts.
 *     language: BCP 47 tag.
 *     approved: False takes it back.
 *     name: Who, as people say it.
 *     profession: What they are.
 */
export interface Approval {
  lam: number;
  at: number;
  tz_min: number;
  off_s?: number;
  type: "approval";
  texts: string;
  version: string;
  language: string;
  approved: boolean;
  name: string;
  profession?: string;
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
  | Attachment
  | Check
  | Goal
  | GoalScore
  | Peg
  | Message
  | Heard
  | Lesson
  | Consent
  | Wish
  | ClockRepair
  | Contacts
  | Approval;
