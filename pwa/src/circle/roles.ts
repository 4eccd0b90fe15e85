/**
 * Who may do what in which kind of circle: one table per purpose, and nothing but the tables.
 *
 * "own" means devices of one's own member, in one's own role. Nobody ever puts a device under a
 * therapist's or an admin's member but that member itself, so no `devices` names them.
 *
 * Source: docs/circle.md, "Roles" and "Documents".
 */
import type { Purpose, Role, Stream } from "./grammar.ts";

/** What one role may do to the membership. */
export interface Reach {
  /** Roles in which it may bring in a new member. */
  readonly fresh: readonly Role[];
  /** Roles under whose existing members it may put a device. */
  readonly devices: readonly Role[];
  /** Whether it may remove, uninvite and accept anyone. */
  readonly anyone: boolean;
  /** Whether it may bring in, and take out, its own devices. */
  readonly own: boolean;
}

/** The rules of one kind of circle. */
export interface Rules {
  /** Roles in which it can be founded. */
  readonly founders: readonly Role[];
  /** Every role there is, with what it may do. */
  readonly reach: Readonly<Partial<Record<Role, Reach>>>;
  /** Roles that only one member can have. */
  readonly single: readonly Role[];
  /** A circle keeps a live device of one of these roles. */
  readonly remain: readonly Role[];
  /** Roles that may close the circle, and open it again. */
  readonly close: readonly Role[];
  /** Kinds of documents with the roles that may write them. */
  readonly kinds: Readonly<Record<string, readonly Role[]>>;
}

const OWN: Reach = { fresh: [], devices: [], anyone: false, own: true };
const SILENT: Reach = { ...OWN, own: false };

const PATIENT_MEMBERS: Rules = {
  founders: ["patient", "therapist"],
  reach: {
    patient: {
      fresh: ["patient", "caregiver", "therapist"],
      devices: ["patient", "caregiver"],
      anyone: true,
      own: true,
    },
    therapist: {
      fresh: ["patient", "caregiver", "therapist", "recovery"],
      devices: ["patient", "caregiver"],
      anyone: true,
      own: true,
    },
    caregiver: OWN,
    recovery: SILENT,
  },
  single: ["patient"],
  remain: ["patient", "therapist"],
  close: ["patient", "therapist"],
  kinds: {
    ev: ["patient", "caregiver", "therapist"],
    at: ["patient", "caregiver", "therapist"],
    nt: ["therapist"],
    pl: ["therapist"],
    pr: ["patient", "caregiver", "therapist"],
    sn: ["patient", "therapist"],
  },
};

/** `adds: "patient"`, from the first patient's device on; until then as `PATIENT_MEMBERS`. */
const PATIENT_ALONE: Rules = {
  ...PATIENT_MEMBERS,
  reach: {
    patient: {
      fresh: ["caregiver", "therapist", "recovery"],
      devices: ["patient", "caregiver"],
      anyone: true,
      own: true,
    },
    therapist: OWN,
    caregiver: OWN,
    recovery: SILENT,
  },
  remain: ["patient"],
};

const CLINIC: Rules = {
  founders: ["admin"],
  reach: {
    admin: { fresh: ["admin", "therapist", "recovery"], devices: [], anyone: true, own: true },
    therapist: OWN,
    recovery: SILENT,
  },
  single: [],
  remain: ["admin"],
  close: ["admin"],
  kinds: {
    ev: ["admin", "therapist"],
    at: ["admin", "therapist"],
    nt: [],
    pl: ["admin", "therapist"],
    pr: ["admin", "therapist"],
    sn: ["admin"],
  },
};

const COHORT: Rules = {
  founders: ["therapist"],
  reach: {
    therapist: {
      fresh: ["therapist", "participant"],
      devices: ["participant"],
      anyone: true,
      own: true,
    },
    participant: OWN,
  },
  single: [],
  remain: ["therapist"],
  close: ["therapist"],
  kinds: {
    ev: ["therapist", "participant"],
    at: ["therapist", "participant"],
    nt: ["therapist"],
    pl: ["therapist"],
    pr: ["therapist", "participant"],
    sn: ["therapist"],
  },
};

/** What `s` of a device says: the streams that it may read and write. */
export const STREAMS_OF_S: Readonly<Record<"c" | "ck", readonly Stream[]>> = {
  c: ["c"],
  ck: ["c", "k"],
};

/** Roles that may hold the stream of clinicians. */
export const SEES_K: readonly Role[] = ["therapist", "recovery"];

/** Roles that may open an epoch of a stream that is not stale, and let history end there. */
export const REKEYS: readonly Role[] = ["patient", "therapist", "admin"];

/**
 * The table that governs a circle at one point of its log.
 *
 * @param hadPatient Whether a device of role patient ever stood in the log so far.
 */
export function rulesOf(purpose: Purpose, adds: "members" | "patient", hadPatient: boolean): Rules {
  if (purpose !== "patient") {
    return purpose === "clinic" ? CLINIC : COHORT;
  }
  return adds === "patient" && hadPatient ? PATIENT_ALONE : PATIENT_MEMBERS;
}
