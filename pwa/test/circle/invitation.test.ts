import { describe, expect, test } from "vitest";
import { b64uEncode } from "../../src/circle/encoding.ts";
import { drawMember, invite, join, uninvite } from "../../src/circle/entries.ts";
import { randomBytes } from "../../src/circle/envelope.ts";
import {
  checkInvitation,
  formatLink,
  openInvitation,
  parseLink,
} from "../../src/circle/invitation.ts";
import { DeviceKeys } from "../../src/circle/keys.ts";
import { admit, codeOf, foundPatientCircle, type JoinLink, NOW } from "./scene.ts";

describe("a link", () => {
  const circle = `c${"0123456789".repeat(4)}`;
  const secret = "AAECAwQFBgcICQoLDA0ODw";

  test("is read as it was written, whole or from its # on", () => {
    for (const link of [
      { kind: "join", circle, secret } as const,
      { kind: "setup", secret } as const,
    ]) {
      const text = formatLink("https://example.org", link);
      expect(parseLink(text)).toEqual(link);
      expect(parseLink(text.slice(text.indexOf("#")))).toEqual(link);
      expect(parseLink(` ${text.slice(text.indexOf("#") + 1)}\n`)).toEqual(link);
    }
  });

  test("cut anywhere is incomplete, never another link", async () => {
    const text = `j1.${circle}.${secret}`;
    for (let length = 0; length < text.length; length++) {
      expect(await codeOf(() => parseLink(text.slice(0, length)))).toBe("schema");
    }
  });

  test("with bits left over is not one", async () => {
    expect(await codeOf(() => parseLink(`s1.${secret.slice(0, -1)}x`))).toBe("b64");
  });
});

describe("an invitation", () => {
  test("opens with its link only", async () => {
    const founded = await foundPatientCircle();
    const { link, invited } = await admit(founded.therapist, founded, "patient");
    const inv = invited.bundle.inv;
    if (inv === undefined) throw new Error("sealed part");
    const other = b64uEncode(randomBytes(16));
    expect(await codeOf(() => openInvitation(link.circle, other, inv))).toBe("tag");
    const cut = { ...inv, k: inv.k.slice(0, 20) };
    expect(await codeOf(() => openInvitation(link.circle, link.secret, cut))).toBe("tag");
    const moved = { ...inv, _id: `inv:i${other}` };
    expect(await codeOf(() => openInvitation(link.circle, link.secret, moved))).toBe("tag");
  });

  test("is refused when used, expired, withdrawn or from another log", async () => {
    const founded = await foundPatientCircle();
    const { therapist, membership, secrets } = founded;
    const place = { role: "patient", member: drawMember() } as const;
    const invited = await invite(therapist, membership, secrets, place, NOW);
    const link = invited.link as JoinLink;
    const inv = invited.bundle.inv;
    if (inv === undefined) throw new Error("sealed part");
    const content = await openInvitation(link.circle, link.secret, inv);
    const check = (circle: typeof membership, now: number) => () =>
      checkInvitation(circle, link, content, now);
    expect(await codeOf(check(invited.membership, NOW + 3600))).toBe("none");
    expect(await codeOf(check(invited.membership, NOW + 3601))).toBe("invite");
    expect(await codeOf(check(membership, NOW))).toBe("newer-log");
    const [iid = ""] = invited.membership.invitations.keys();
    const gone = await uninvite(therapist, invited.membership, secrets, iid, NOW);
    expect(await codeOf(check(gone.membership, NOW))).toBe("invite");
    const elsewhere = { ...content, head: [1, b64uEncode(randomBytes(32))] as const };
    const fork = () => checkInvitation(invited.membership, link, elsewhere, NOW);
    expect(await codeOf(fork)).toBe("fork");
    const wrongSecret = { ...content, es: { c: b64uEncode(randomBytes(32)) } };
    const wrong = () => checkInvitation(invited.membership, link, wrongSecret, NOW);
    expect(await codeOf(wrong)).toBe("commit");
    const wrongKey = { ...content, ssk: b64uEncode(randomBytes(32)) };
    const other = () => checkInvitation(invited.membership, link, wrongKey, NOW);
    expect(await codeOf(other)).toBe("invite");
  });

  test("admits one device: the second comer is refused", async () => {
    const founded = await foundPatientCircle();
    const patient = await admit(founded.therapist, founded, "patient");
    const inv = patient.invited.bundle.inv;
    if (inv === undefined) throw new Error("sealed part");
    const { link, invited } = patient;
    const content = await openInvitation(link.circle, link.secret, inv);
    const seen = await checkInvitation(invited.membership, link, content, NOW + 20);
    const late = await DeviceKeys.generate();
    const again = () => join(late, patient.membership, { ...seen, content }, NOW + 30);
    expect(await codeOf(again)).toBe("invite");
    const proofOfAnother = await join(late, invited.membership, { ...seen, content }, NOW + 20);
    expect(proofOfAnother.membership.live(late.id)?.role).toBe("patient");
  });
});
