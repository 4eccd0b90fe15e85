import { describe, expect, test } from "vitest";
import { b64uEncode } from "../../src/circle/encoding.ts";
import { add, drawMember, found, invite, uninvite } from "../../src/circle/entries.ts";
import { generateSigningPair, publicPoint, randomBytes } from "../../src/circle/envelope.ts";
import type { Role } from "../../src/circle/grammar.ts";
import { DeviceKeys } from "../../src/circle/keys.ts";
import { Membership } from "../../src/circle/log.ts";
import { admit, codeOf, forge, foundPatientCircle, NOW } from "./scene.ts";

async function inviteMembers(role: Role, member = drawMember()) {
  const pair = await generateSigningPair(false);
  const iid = `i${b64uEncode(randomBytes(16))}`;
  const spk = await publicPoint(pair.publicKey);
  return { op: "invite", iid, spk, role, member, s: "c", mode: "direct", exp: NOW + 900 };
}

describe("a log", () => {
  test("tells after its replay who is in the circle", async () => {
    const founded = await foundPatientCircle();
    const patient = await admit(founded.therapist, founded, "patient");
    const docs = [founded.bundle.log, patient.invited.bundle.log, patient.bundle.log];
    const circle = await Membership.replay(founded.membership.circle, docs);
    expect(circle.seq).toBe(2);
    expect(circle.heads).toEqual(patient.membership.heads);
    expect(circle.live(patient.keys.id)).toMatchObject({ role: "patient", since: 2, s: "c" });
    expect(circle.live(patient.keys.id)?.by).toBe(founded.therapist.id);
    expect(circle.openInvitations(NOW + 20)).toEqual([]);
    expect(circle.h).toMatch(/^2\.[\w-]{16}$/);
  });

  test("leaves a membership as it was when an entry is refused", async () => {
    const { membership, therapist } = await foundPatientCircle();
    const before = JSON.stringify([membership, [...membership.devices]]);
    const doc = await forge(therapist, membership, { op: "rekey", ep: {} });
    expect(await codeOf(() => membership.append(doc))).toBe("op");
    expect(JSON.stringify([membership, [...membership.devices]])).toBe(before);
  });

  test("refuses each broken entry with its code", async () => {
    const { membership: circle, therapist } = await foundPatientCircle();
    const stranger = await DeviceKeys.generate();
    const good = await inviteMembers("patient");
    const tries: [string, DeviceKeys, Record<string, unknown>][] = [
      ["none", therapist, good],
      ["seq", therapist, { ...good, seq: 7 }],
      ["prev", therapist, { ...good, prev: b64uEncode(randomBytes(32)) }],
      ["circle", therapist, { ...good, cir: `c${"1".repeat(40)}` }],
      ["author", stranger, good],
      ["ts", therapist, { ...good, ts: NOW - 1 }],
      ["ts", therapist, { ...good, exp: NOW + 30 + 3601 }],
      ["ts", therapist, { ...good, exp: NOW + 29 }],
      ["authz", therapist, { ...good, role: "admin" }],
      ["authz", therapist, { ...good, s: "ck" }],
      ["schema", therapist, { ...good, note: "x" }],
      ["schema", therapist, { ...good, v: 2 }],
      ["schema", therapist, { ...good, mode: "approve" }],
      ["schema", therapist, { ...good, iid: "i1" }],
      ["b64", therapist, { ...good, spk: `${good.spk.slice(0, -1)}=` }],
      ["schema", therapist, { ...good, spk: b64uEncode(new Uint8Array(65).fill(4)) }],
      ["op", therapist, { op: "remove", target: [], ep: {} }],
      ["op", therapist, { op: "toString" }],
    ];
    for (const [code, keys, members] of tries) {
      const doc = await forge(keys, circle, members);
      expect(await codeOf(() => circle.append(doc)), JSON.stringify(members)).toBe(code);
    }
  });

  test("refuses a signature over anything else", async () => {
    const { membership: circle, therapist } = await foundPatientCircle();
    const doc = await forge(therapist, circle, await inviteMembers("patient"));
    const other = await forge(therapist, circle, await inviteMembers("patient"));
    const j = `${doc.j.split(".").slice(0, 2).join(".")}.${other.j.split(".")[2]}`;
    expect(await codeOf(() => circle.append({ ...doc, j }))).toBe("sig");
  });

  test("founds a clinic by an admin only", async () => {
    const keys = await DeviceKeys.generate();
    const clinic = {
      purpose: "clinic",
      adds: "members",
      clinic: "",
      member: drawMember(),
    } as const;
    const { membership } = await found(keys, { ...clinic, role: "admin" }, NOW);
    expect(membership.live(keys.id)?.role).toBe("admin");
    const byTherapist = () => found(keys, { ...clinic, role: "therapist" }, NOW);
    expect(await codeOf(byTherapist)).toBe("authz");
    const ofAnother = { ...clinic, clinic: membership.circle, role: "admin" } as const;
    expect(await codeOf(() => found(keys, ofAnother, NOW))).toBe("schema");
  });
});

describe("roles", () => {
  test("nobody but a therapist brings a device under the therapist's member", async () => {
    const founded = await foundPatientCircle();
    const patient = await admit(founded.therapist, founded, "patient");
    const pub = (await DeviceKeys.generate()).pub;
    const place = { role: "therapist", member: founded.member, dev: pub } as const;
    const byPatient = () => add(patient.keys, patient.membership, patient.secrets, place, NOW + 30);
    expect(await codeOf(byPatient)).toBe("authz");
    const own = await add(founded.therapist, patient.membership, patient.secrets, place, NOW + 30);
    expect(own.membership.liveDevices().length).toBe(3);
    expect(own.bundle.wraps.length).toBe(1);
  });

  test("a second link for a member that is not there yet gives nobody a way under it", async () => {
    const founded = await foundPatientCircle();
    const patient = await admit(founded.therapist, founded, "patient");
    const members = await inviteMembers("therapist");
    const first = await patient.membership.append(
      await forge(patient.keys, patient.membership, members),
    );
    const again = await inviteMembers("therapist", members.member);
    const second = await forge(patient.keys, first, again);
    expect(await codeOf(() => first.append(second))).toBe("authz");
  });

  test("a circle has one patient, invited or there", async () => {
    const { membership, therapist, secrets } = await foundPatientCircle();
    const place = { role: "patient", member: drawMember() } as const;
    const invited = await invite(therapist, membership, secrets, place, NOW);
    const other = { role: "patient", member: drawMember() } as const;
    const more = () => invite(therapist, invited.membership, secrets, other, NOW);
    expect(await codeOf(more)).toBe("authz");
    const later = () => invite(therapist, invited.membership, secrets, other, NOW + 3601);
    expect(await codeOf(later)).toBe("none");
  });

  test("where the patient decides alone, others bring in only their own", async () => {
    const founded = await foundPatientCircle("patient");
    const patient = await admit(founded.therapist, founded, "patient");
    const place = { role: "caregiver", member: drawMember() } as const;
    const { membership, secrets } = patient;
    const by = (keys: DeviceKeys) => () => invite(keys, membership, secrets, place, NOW + 30);
    expect(await codeOf(by(founded.therapist))).toBe("authz");
    expect(await codeOf(by(patient.keys))).toBe("none");
  });

  test("a caregiver withdraws nobody else's invitation", async () => {
    const founded = await foundPatientCircle();
    const caregiver = await admit(founded.therapist, founded, "caregiver");
    const { membership, secrets } = caregiver;
    const place = { role: "patient", member: drawMember() } as const;
    const invited = await invite(founded.therapist, membership, secrets, place, NOW + 30);
    const iid = membership.circle && [...invited.membership.invitations.keys()].pop();
    const by = (keys: DeviceKeys) => () =>
      uninvite(keys, invited.membership, secrets, iid ?? "", NOW + 40);
    expect(await codeOf(by(caregiver.keys))).toBe("authz");
    expect(await codeOf(by(founded.therapist))).toBe("none");
  });
});

describe("never twice", () => {
  test("an invitation, a device and a key are taken once", async () => {
    const founded = await foundPatientCircle();
    const patient = await admit(founded.therapist, founded, "patient");
    const { membership: circle, keys } = patient;
    const invitation = [...circle.invitations.values()][0];
    const members = await inviteMembers("caregiver");
    const tries: [string, Record<string, unknown>][] = [
      ["dup", { ...members, iid: invitation?.iid }],
      ["dup", { ...members, spk: invitation?.spk }],
      ["dup", { ...members, spk: keys.pub.spk }],
      [
        "dup",
        { op: "add", iid: "", dev: keys.pub, role: "caregiver", member: drawMember(), s: "c" },
      ],
      ["invite", { op: "uninvite", iid: invitation?.iid }],
    ];
    for (const [code, entry] of tries) {
      const doc = await forge(founded.therapist, circle, entry);
      expect(await codeOf(() => circle.append(doc)), JSON.stringify(entry)).toBe(code);
    }
  });
});
