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
  readonly roles: readonly Role[];
  readonly adds: Readonly<Partial<Record<Role, Adding>>>;
  /** Roles that may withdraw anyone's invitation. */
  readonly removers: readonly Role[];
}

const TABLES: Readonly<Record<Purpose, Table>> = {
  patient: {
    founders: ["patient", "therapist"],
    roles: ["patient", "caregiver", "therapist", "recovery"],
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
    roles: ["admin", "therapist", "recovery"],
    adds: { admin: { fresh: ["admin", "therapist", "recovery"], under: [] } },
    removers: ["admin"],
  },
  cohort: {
    founders: ["therapist"],
    roles: ["therapist", "participant"],
    adds: { therapist: { fresh: ["therapist", "participant"], under: ["participant"] } },
    removers: ["therapist"],
  },
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

/** Whether a circle of `purpose` can be founded by `role`; "by the patient only" is for patients. */
export function mayFound(purpose: Purpose, adds: "members" | "patient", role: Role): boolean {
  return TABLES[purpose].founders.includes(role) && (adds === "members" || purpose === "patient");
}

/** Whether a device of `role` may write documents of `kind`. */
export function mayWrite(purpose: Purpose, kind: string, role: Role): boolean {
  return Object.hasOwn(KINDS, kind) && KINDS[kind]?.[purpose].includes(role) === true;
}

/**
 * Promise that `signer` may put a device under `member` with `role` as the circle now is.
 *
 * @throws CircleError `authz`: it may not.
 */
export function checkMayAdd(circle: Membership, signer: Member, role: Role, member: string): void {
  const table = TABLES[circle.purpose];
  const roleBefore = circle.roleOf(member);
  if (!table.roles.includes(role) || (roleBefore !== undefined && roleBefore !== role)) {
    throw new CircleError("authz", "this member cannot have this role here");
  }
  if (signer.role !== "recovery" && isOwn(signer, role, member)) {
    return;
  }
  const adding = isPatientAlone(circle, signer) ? undefined : table.adds[signer.role];
  const allowed = roleBefore === undefined ? adding?.fresh : adding?.under;
  if (!allowed?.includes(role)) {
    throw new CircleError("authz", `a ${signer.role} may not add this ${role} here`);
  }
  if (role === "patient" && roleBefore === undefined && circle.hasRole("patient")) {
    throw new CircleError("authz", "a circle has one patient");
  }
}

/**
 * Promise that `signer` may withdraw an invitation to `member` with `role`.
 *
 * @throws CircleError `authz`: it may not.
 */
export function checkMayRemove(
  circle: Membership,
  signer: Member,
  role: Role,
  member: string,
): void {
  const anyone =
    TABLES[circle.purpose].removers.includes(signer.role) && !isPatientAlone(circle, signer);
  if (!anyone && (signer.role === "recovery" || !isOwn(signer, role, member))) {
    throw new CircleError("authz", `a ${signer.role} may not withdraw this invitation`);
  }
}

function isOwn(signer: Member, role: Role, member: string): boolean {
  return signer.role === role && signer.member === member;
}

/** Whether this circle is the patient's alone to change and the signer is someone else. */
function isPatientAlone(circle: Membership, signer: Member): boolean {
  return circle.adds === "patient" && circle.hasRole("patient") && signer.role !== "patient";
}
