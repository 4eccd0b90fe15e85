/**
 * Who may do what in which kind of circle: the tables, and nothing but the tables.
 *
 * Source: docs/circle.md, "Roles" and "Documents".
 */
import { CircleError } from "./errors.ts";
import type { Purpose, Role } from "./grammar.ts";
import type { Member, Membership } from "./log.ts";

/** What a role may add beyond devices of its own. */
interface Adding {
  /** Roles of members that are new to the circle. */
  readonly fresh: readonly Role[];
  /** Roles of existing members under whom it may put a device. */
  readonly under: readonly Role[];
}

interface Table {
  readonly founders: readonly Role[];
  readonly adds: Readonly<Partial<Record<Role, Adding>>>;
  /** Roles that may withdraw anyone's invitation. */
  readonly removers: readonly Role[];
}

const TABLES: Readonly<Record<Purpose, Table>> = {
  patient: {
    founders: ["patient", "therapist"],
    adds: {
      patient: { fresh: ["patient", "caregiver", "therapist"], under: ["patient", "caregiver"] },
      therapist: {
        fresh: ["patient", "caregiver", "therapist", "recovery"],
        under: ["patient", "caregiver"],
      },
    },
    removers: ["patient", "therapist"],
  },
  clinic: {
    founders: ["admin"],
    adds: { admin: { fresh: ["admin", "therapist", "recovery"], under: [] } },
    removers: ["admin"],
  },
  cohort: {
    founders: ["therapist"],
    adds: { therapist: { fresh: ["therapist", "participant"], under: ["participant"] } },
    removers: ["therapist"],
  },
};

/** What a patient may bring in where nobody else may. */
const PATIENT_ALONE: Adding = {
  fresh: ["caregiver", "therapist", "recovery"],
  under: ["patient", "caregiver"],
};

const WRITERS: Readonly<Record<Purpose, readonly Role[]>> = {
  patient: ["patient", "caregiver", "therapist"],
  clinic: ["admin", "therapist"],
  cohort: ["therapist", "participant"],
};
const PLANNERS: Readonly<Record<Purpose, readonly Role[]>> = {
  patient: ["therapist"],
  clinic: ["admin", "therapist"],
  cohort: ["therapist"],
};
const KINDS: Readonly<Record<string, Readonly<Record<Purpose, readonly Role[]>>>> = {
  ev: WRITERS,
  nt: { ...PLANNERS, clinic: [] },
  pl: PLANNERS,
  pr: WRITERS,
};

/** Whether a circle of `purpose` can be founded by `role`. */
export function mayFound(purpose: Purpose, role: Role): boolean {
  return TABLES[purpose].founders.includes(role);
}

/** Whether a device of `role` may write documents of `kind`. */
export function mayWrite(purpose: Purpose, kind: string, role: Role): boolean {
  return Object.hasOwn(KINDS, kind) && KINDS[kind]?.[purpose].includes(role) === true;
}

/**
 * Promise that `signer` may bring a device under `member` with `role` into the circle at `ts`.
 *
 * @throws CircleError `authz`: it may not.
 */
export function checkMayBringIn(
  circle: Membership,
  signer: Member,
  place: Pick<Member, "role" | "member" | "s">,
  ts: number,
): void {
  const { role, member, s } = place;
  const standing = standingRoles(circle, ts);
  const before = standing.get(member);
  const adding = addingOf(circle, signer);
  const isSecondPatient = role === "patient" && [...standing.values()].includes(role);
  const isAllowed =
    before === undefined
      ? adding?.fresh.includes(role) === true && !isSecondPatient
      : before === role && (isOwn(signer, role, member) || adding?.under.includes(role) === true);
  const seesClinicians = role === "therapist" || role === "recovery";
  if (!isAllowed || (s === "ck" && !(seesClinicians && signer.s === "ck"))) {
    throw new CircleError("authz", `a ${signer.role} may not bring this ${role} in`);
  }
}

/** Each member with its role: who ever had a device here, and who is invited at `ts`. */
function standingRoles(circle: Membership, ts: number): Map<string, Role> {
  const places = [...circle.openInvitations(ts), ...circle.devices.values()];
  return new Map(places.map(({ member, role }) => [member, role]));
}

/**
 * Promise that `signer` may withdraw an invitation.
 *
 * @throws CircleError `authz`: it may not.
 */
export function checkMayWithdraw(
  circle: Membership,
  signer: Member,
  { role, member }: Pick<Member, "role" | "member">,
): void {
  const anyone =
    TABLES[circle.purpose].removers.includes(signer.role) &&
    (signer.role === "patient" || !isPatientAlone(circle));
  if (!anyone && !isOwn(signer, role, member)) {
    throw new CircleError("authz", `a ${signer.role} may not withdraw this invitation`);
  }
}

/** What `signer` may bring in besides its own; a patient who decides alone also the paper key. */
function addingOf(circle: Membership, signer: Member): Adding | undefined {
  if (!isPatientAlone(circle)) {
    return TABLES[circle.purpose].adds[signer.role];
  }
  return signer.role === "patient" ? PATIENT_ALONE : undefined;
}

function isOwn(signer: Member, role: Role, member: string): boolean {
  return signer.role !== "recovery" && signer.role === role && signer.member === member;
}

/** Whether this circle is the patient's alone to change, as it is from the first device on. */
function isPatientAlone(circle: Membership): boolean {
  return (
    circle.adds === "patient" && [...circle.devices.values()].some(({ role }) => role === "patient")
  );
}
