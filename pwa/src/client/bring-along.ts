/**
 * Devices that come into circles without being asked for there: a person's own, and the therapists
 * for whom a patient has founded. Fetched when there are any; it needs the network anyway.
 */
import * as entries from "../circle/entries.ts";
import { CircleError } from "../circle/errors.ts";
import { isPub } from "../circle/grammar.ts";
import { deviceId, type Pub } from "../circle/keys.ts";
import type { AnyRecord, Profile } from "../records.gen.ts";
import { Refused, refusal } from "./bundles.ts";
import type { OpenCare } from "./care.ts";
import { factsOwed } from "./clinic-facts.ts";
import type { Line } from "./line.ts";
import type { Enrolment } from "./links.ts";
import { homeFirst, ownIn } from "./own-devices.ts";
import type { Surroundings } from "./surroundings.ts";

/** Take in the therapists for whom a circle was founded; gives up nothing until they are in. */
export async function bringWished(
  cares: readonly OpenCare[],
  { keys, clock, writer }: Surroundings,
): Promise<void> {
  for (const care of cares) {
    if (!care.isWhole) continue;
    for (const dev of care.note.wished) {
      const device = await deviceId(dev);
      if (care.membership.devices.has(device)) continue;
      await patiently(
        writer.append(care, async () => {
          const { membership, secrets } = care;
          if (membership.devices.has(device)) return undefined;
          const place = { role: "therapist", member: entries.drawMember(), dev } as const;
          return entries.add(keys, membership, secrets, place, clock.serverS);
        }),
      );
    }
  }
}

/** Take in phones that were beside this one; those that may not come in are forgotten. */
export async function bringAdmitted(
  cares: readonly OpenCare[],
  { keys, clock, writer }: Surroundings,
): Promise<void> {
  for (const care of cares) {
    for (const wish of care.isWhole ? care.note.admitted : []) {
      const device = await deviceId(wish.dev);
      await patiently(
        writer.append(care, async () => {
          const { membership, secrets } = care;
          if (membership.devices.has(device)) return undefined;
          return entries.add(keys, membership, secrets, wish, clock.serverS);
        }),
      );
      await care.note.forget(wish);
    }
  }
}

/** What can not be done here or now is tried again in the next round. */
async function patiently(act: Promise<unknown>): Promise<void> {
  try {
    await act;
  } catch (error) {
    if (!(error instanceof CircleError || error instanceof Refused)) throw error;
  }
}

/**
 * Add a person's other devices to the circles in which they are not.
 *
 * Nobody but oneself can put a device under one's own member in the clinic, so what stands there is
 * one's own.
 */
export async function bringOwnAlong(
  cares: readonly OpenCare[],
  { keys, clock, writer }: Surroundings,
): Promise<void> {
  const [home, ...others] = homeFirst(cares);
  if (home === undefined || home.purpose !== "clinic") return;
  const own = ownIn(home);
  for (const care of others) {
    await sayOwnName(care, home.ownName, keys.id);
    await handOut(home, care);
    for (const { device, pub } of own) {
      if (care.membership.devices.has(device)) continue;
      await patiently(
        writer.append(care, async () => {
          const { membership, secrets } = care;
          if (membership.devices.has(device)) return undefined;
          const { role, member, s } = membership.author(keys.id);
          return entries.add(
            keys,
            membership,
            secrets,
            { role, member, s, dev: pub },
            clock.serverS,
          );
        }),
      );
    }
  }
}

/** Carry what the clinic says to all its patients into the circle of one. */
async function handOut(home: OpenCare, care: OpenCare): Promise<void> {
  if (care.purpose !== "patient" || !care.isWhole || !care.trusted || !home.trusted) return;
  for (const fact of factsOwed(home.diary.peek(), care.diary.peek()))
    await care.write<AnyRecord>(fact);
}

/** A clinician whom somebody else let in goes by the name that she has in the clinic. */
async function sayOwnName(care: OpenCare, name: string, device: string): Promise<void> {
  const { member = "", ownName, trusted } = care;
  const isFirst = ownIn(care)[0]?.device === device;
  if (name === "" || ownName !== "" || !isFirst || !trusted) return;
  await care.write<Profile>({ type: "profile", about: "member", member, name });
}

/**
 * The keys of the therapists that an enrolment names.
 *
 * @throws CircleError `kid`: the server gives other keys than those of these names.
 */
export async function clinicians(line: Line, enrolment: Enrolment): Promise<Pub[]> {
  const { clinic, ticket, devices } = enrolment;
  const body = JSON.stringify({ ticket, devices });
  const answer = await line.ask(`/clinics/${clinic}/keys`, { body });
  if (answer.status >= 300) throw refusal(answer);
  const { pubs } = answer.json as { readonly pubs: Readonly<Record<string, unknown>> };
  return Promise.all(
    devices.map(async (device) => {
      const pub = pubs[device];
      if (!isPub(pub) || (await deviceId(pub as unknown as Pub)) !== device) {
        throw new CircleError("kid", "the keys of a therapist are not those of that name");
      }
      return pub as unknown as Pub;
    }),
  );
}
