/** Who is called what in a circle, out of its profile records. */
import type { Membership } from "../circle/log.ts";
import type { Profile, Setting } from "../records.gen.ts";
import type { Entry } from "./diary.ts";

/** Names of one circle; "" until a record with it has arrived. */
export interface Names {
  readonly clinic: string;
  readonly patient: string;
  readonly therapist: string;
  /** Member id of the patient; undefined until known. */
  readonly patientMember: string | undefined;
}

/** Only the member itself and clinicians name a member. */
function mayName({ author, role }: Entry, { member }: Profile): boolean {
  return author === member || role === "therapist" || role === "admin";
}

/** Every place in the circle that is taken or offered. */
function placesOf(membership: Membership): readonly { member: string; role: string }[] {
  return [...membership.devices.values(), ...membership.invitations.values()];
}

/** Read the names; the last record about a member wins. */
export function namesOf(membership: Membership, entries: readonly Entry[]): Names {
  const places = placesOf(membership);
  // Before the first invitation the patient is known by the profile record alone.
  const patientMember = places.find(({ role }) => role === "patient")?.member;
  const names = { clinic: "", patient: "", therapist: "", patientMember };
  for (const entry of entries) {
    const { value } = entry;
    if (value.type !== "profile" || !mayName(entry, value)) continue;
    if (value.about === "clinic") {
      names.clinic = value.name;
      continue;
    }
    const { member = "" } = value;
    const role = places.find((place) => place.member === member)?.role;
    if (role === "therapist") names.therapist = value.name;
    else if (role === "patient" || (role === undefined && membership.purpose === "patient")) {
      names.patient = value.name;
      names.patientMember ??= member;
    }
  }
  return names;
}

/** The last name given to a member; "" without one. */
export function nameOfMember(entries: readonly Entry[], member: string): string {
  const given = entries
    .map((entry) => ({ entry, value: entry.value }))
    .filter(({ value }) => value.type === "profile" && value.member === member)
    .filter(({ entry, value }) => mayName(entry, value as Profile));
  const last = given.pop()?.value;
  return last?.type === "profile" ? last.name : "";
}

/** The printed card that a member's own settings name: its device, and the name of its document. */
export function paperOf(
  entries: readonly Entry[],
  member: string,
): { readonly device: string; readonly rid: string } {
  const said = entries
    .filter(
      ({ value, author }) => value.type === "set" && value.member === member && author === member,
    )
    .map(({ value }) => (value as Setting).values)
    .filter(({ paper }) => typeof paper === "string");
  const { paper = "", paper_rid = "" } = said.at(-1) ?? {};
  return { device: String(paper), rid: String(paper_rid) };
}

/** Who put a device under a member that had one already and is not theirs; nothing else says so. */
export interface SetUnder {
  /** Name of who did it; "" where it is not known. */
  readonly by: string;
  /** When, unix seconds. */
  readonly at: number;
}

/**
 * Whether a device was brought in by somebody else under an existing member: it is shown beside
 * everything that the device writes.
 */
export function setUnder(
  { devices, stamps }: Membership,
  device: string,
  nameOfDevice: (device: string) => string,
): { readonly added?: SetUnder } {
  const own = devices.get(device);
  if (own === undefined || devices.get(own.by)?.member === own.member) return {};
  const hadOne = [...devices.values()].some(
    ({ member, since }) => member === own.member && since < own.since,
  );
  if (!hadOne) return {};
  return { added: { by: nameOfDevice(own.by), at: stamps[own.since]?.ts ?? 0 } };
}
