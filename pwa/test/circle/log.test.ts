import { describe, expect, test } from "vitest";
import { openDocument, seal, verify } from "../../src/circle/document.ts";
import { b64uEncode } from "../../src/circle/encoding.ts";
import {
  accept,
  add,
  close,
  drawMember,
  found,
  grant,
  invite,
  join,
  leave,
  rekey,
  remove,
  reopen,
  uninvite,
} from "../../src/circle/entries.ts";
import { generateSigningPair, publicPoint, randomBytes } from "../../src/circle/envelope.ts";
import type { Role } from "../../src/circle/grammar.ts";
import {
  checkInvitation,
  type InvitationDocument,
  openInvitation,
} from "../../src/circle/invitation.ts";
import { DeviceKeys } from "../../src/circle/keys.ts";
import { Membership } from "../../src/circle/log.ts";
import { admit, codeOf, forge, foundPatientCircle, type JoinLink, NOW } from "./scene.ts";

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
    const doc = await forge(therapist, membership, { op: "grant", target: therapist.id });
    expect(await codeOf(() => membership.append(doc))).toBe("authz");
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
      ["schema", therapist, { ...good, mode: "maybe" }],
      ["none", therapist, { ...good, mode: "approve", exp: NOW + 30 + 1_209_600 }],
      ["ts", therapist, { ...good, mode: "approve", exp: NOW + 31 + 1_209_600 }],
      ["schema", therapist, { ...good, iid: "i1" }],
      ["b64", therapist, { ...good, spk: `${good.spk.slice(0, -1)}=` }],
      ["schema", therapist, { ...good, spk: b64uEncode(new Uint8Array(65).fill(4)) }],
      ["op", therapist, { op: "reopen" }],
      ["schema", therapist, { op: "rekey", ep: {} }],
      ["schema", therapist, { op: "leave", mark: { c: [0] } }],
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

/** Nothing of anyone is known. */
const none = () => [0, ""] as const;

describe("the end of a device", () => {
  test("a removed device is gone with its key, its invitations and its say", async () => {
    const founded = await foundPatientCircle();
    const patient = await admit(founded.therapist, founded, "patient");
    const place = { role: "caregiver", member: drawMember() } as const;
    const invited = await invite(patient.keys, patient.membership, patient.secrets, place, NOW);
    const [iid = ""] = invited.membership.openInvitations(NOW).map((open) => open.iid);
    const before = invited.membership;
    const markOf = () => [7, ""] as const;
    const targets = [patient.keys.id];
    const by = founded.therapist;
    const removed = await remove(by, before, patient.secrets, targets, markOf, NOW + 60);
    const { membership } = removed;
    expect(membership.live(patient.keys.id)).toBeUndefined();
    expect(membership.devices.get(patient.keys.id)?.marks).toEqual({ c: [{ n: 7, d: "" }] });
    expect(membership.epochs.c.map(({ e }) => e)).toEqual([1, 2]);
    expect(membership.isStale("c")).toBe(false);
    expect(await codeOf(() => membership.openInvitation(iid, NOW + 60))).toBe("invite");
    const late = () => uninvite(patient.keys, membership, removed.secrets, iid, NOW + 70);
    expect(await codeOf(late)).toBe("author");
    expect(removed.bundle.wraps.map(({ _id }) => _id.slice(-21))).toEqual([by.id]);
  });

  test("names, order, rank and the last one are looked at", async () => {
    const founded = await foundPatientCircle();
    const patient = await admit(founded.therapist, founded, "patient");
    const caregiver = await admit(founded.therapist, patient, "caregiver");
    const { membership, secrets } = caregiver;
    const tries: [string, DeviceKeys, string[]][] = [
      ["target", founded.therapist, []],
      ["target", founded.therapist, [founded.therapist.id]],
      ["target", founded.therapist, [patient.keys.id, patient.keys.id]],
      ["target", founded.therapist, [`d${"A".repeat(20)}`]],
      ["authz", caregiver.keys, [patient.keys.id]],
      ["none", patient.keys, [founded.therapist.id, caregiver.keys.id]],
    ];
    for (const [code, keys, targets] of tries) {
      const act = () => remove(keys, membership, secrets, targets, none, NOW + 40);
      expect(await codeOf(act), code).toBe(code);
    }
    const alone = await remove(
      patient.keys,
      membership,
      secrets,
      [founded.therapist.id],
      none,
      NOW,
    );
    const last = () => leave(patient.keys, alone.membership, alone.secrets, none, NOW + 50);
    expect(await codeOf(last)).toBe("last");
  });

  test("who leaves makes the stream stale until anyone who holds it changes the key", async () => {
    const founded = await foundPatientCircle();
    const caregiver = await admit(founded.therapist, founded, "caregiver");
    const other = await admit(founded.therapist, caregiver, "caregiver");
    const { membership, secrets } = other;
    const markOf = () => [3, b64uEncode(new Uint8Array(32))] as const;
    const left = await leave(caregiver.keys, membership, secrets, markOf, NOW + 40);
    expect(left.membership.isStale("c")).toBe(true);
    const how = { streams: ["c"], markOf: none } as const;
    const early = () => rekey(other.keys, membership, secrets, how, NOW + 40);
    expect(await codeOf(early)).toBe("authz");
    const fresh = await rekey(other.keys, left.membership, left.secrets, how, NOW + 50);
    expect(fresh.membership.isStale("c")).toBe(false);
    expect(fresh.membership.devices.get(caregiver.keys.id)?.marks.c?.length).toBe(1);
    const cut = { ...how, cut: true };
    expect(
      await codeOf(() => rekey(other.keys, left.membership, left.secrets, cut, NOW + 50)),
    ).toBe("authz");
  });

  test("what came late counts once somebody accepts it", async () => {
    const founded = await foundPatientCircle();
    const patient = await admit(founded.therapist, founded, "patient");
    const target = patient.keys.id;
    const { therapist } = founded;
    const removed = await remove(
      therapist,
      patient.membership,
      patient.secrets,
      [target],
      none,
      NOW + 40,
    );
    const body = { type: "pain" };
    const at = { kind: "ev", month: "2611", n: 2 };
    const late = await seal(patient.membership, patient.keys, patient.secrets, at, body);
    expect(await codeOf(() => verify(removed.membership, late))).toBe("removed");
    const what = { target, x: "c", n: 2, d: "" } as const;
    const accepted = await accept(therapist, removed.membership, removed.secrets, what, NOW + 50);
    expect(await openDocument(accepted.membership, accepted.secrets, late)).toEqual(body);
    const again = () => accept(therapist, accepted.membership, accepted.secrets, what, NOW + 60);
    expect(await codeOf(again)).toBe("fence");
  });
});

describe("the clinicians' stream", () => {
  test("is opened by a therapist, granted to another, and closed to all others", async () => {
    const founded = await foundPatientCircle();
    const patient = await admit(founded.therapist, founded, "patient");
    const second = await admit(founded.therapist, patient, "therapist");
    const { membership, secrets } = second;
    const how = { streams: ["k"], markOf: none } as const;
    const byPatient = () => rekey(patient.keys, membership, secrets, how, NOW + 40);
    expect(await codeOf(byPatient)).toBe("authz");
    const opened = await rekey(founded.therapist, membership, secrets, how, NOW + 40);
    expect(opened.membership.live(founded.therapist.id)).toMatchObject({ s: "ck", kSince: 5 });
    const to = (device: string, keys: DeviceKeys) => () =>
      grant(keys, opened.membership, opened.secrets, device, NOW + 50);
    expect(await codeOf(to(patient.keys.id, founded.therapist))).toBe("authz");
    expect(await codeOf(to(second.keys.id, second.keys))).toBe("authz");
    expect(await codeOf(to(founded.therapist.id, founded.therapist))).toBe("target");
    const granted = await to(second.keys.id, founded.therapist)();
    expect(granted.bundle.wraps.map(({ _id }) => _id.slice(0, 12))).toEqual(["wrap:k000001"]);
    const { secrets: own } = await second.secrets.unlocked(
      granted.membership,
      second.keys,
      granted.bundle.wraps,
    );
    expect(own.get("k", 1)).toEqual(granted.secrets.get("k", 1));
  });
});

test("a closed circle takes nothing but to be opened again", async () => {
  const founded = await foundPatientCircle();
  const { therapist } = founded;
  const closed = await close(therapist, founded.membership, founded.secrets, NOW + 10);
  expect(closed.membership.closedAt).toBe(NOW + 10);
  const place = { role: "patient", member: drawMember() } as const;
  const more = () => invite(therapist, closed.membership, closed.secrets, place, NOW + 20);
  expect(await codeOf(more)).toBe("closed");
  const open = await reopen(therapist, closed.membership, closed.secrets, NOW + 20);
  expect(open.membership.closedAt).toBe(null);
});

test("a link that was sent lets one ask, and who approves names the same place", async () => {
  const founded = await foundPatientCircle();
  const { therapist } = founded;
  const place = { role: "patient", member: drawMember() } as const;
  const invited = await invite(
    therapist,
    founded.membership,
    founded.secrets,
    place,
    NOW,
    "approve",
  );
  const { membership, secrets } = invited;
  const link = invited.link as JoinLink;
  const inv = invited.bundle.inv as InvitationDocument;
  const content = await openInvitation(link.circle, link.secret, inv);
  expect(content.es).toEqual({});
  const seen = await checkInvitation(membership, link, content, NOW + 10);
  const keys = await DeviceKeys.generate();
  expect(await codeOf(() => join(keys, membership, { ...seen, content }, NOW + 10))).toBe("invite");
  const dev = keys.pub;
  const { iid } = seen.invitation;
  const asOther = { role: "caregiver", member: drawMember(), dev, iid } as const;
  expect(await codeOf(() => add(therapist, membership, secrets, asOther, NOW + 20))).toBe("invite");
  const added = await add(therapist, membership, secrets, { ...place, dev, iid }, NOW + 20);
  expect(added.membership.live(keys.id)).toMatchObject({ role: "patient", by: therapist.id });
  expect(added.membership.openInvitations(NOW + 20)).toEqual([]);
});
