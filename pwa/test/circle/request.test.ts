import { expect, test } from "vitest";
import { drawMember, invite } from "../../src/circle/entries.ts";
import {
  checkInvitation,
  type InvitationDocument,
  openInvitation,
} from "../../src/circle/invitation.ts";
import { DeviceKeys } from "../../src/circle/keys.ts";
import {
  type RequestDocument,
  readRequest,
  requestCode,
  requestEntry,
} from "../../src/circle/request.ts";
import { codeOf, foundPatientCircle, type JoinLink, NOW } from "./scene.ts";

test("the digits follow from circle and device", async () => {
  expect(await requestCode(`c${"0".repeat(40)}`, `d${"A".repeat(20)}`)).toBe("265805475382");
});

test("a request names its device, its invitation and its circle", async () => {
  const { therapist, membership, secrets } = await foundPatientCircle();
  const place = { role: "patient", member: drawMember() } as const;
  const invited = await invite(therapist, membership, secrets, place, NOW, "approve");
  const { circle, secret } = invited.link as JoinLink;
  const content = await openInvitation(circle, secret, invited.bundle.inv as InvitationDocument);
  const link = invited.link as JoinLink;
  const seen = await checkInvitation(invited.membership, link, content, NOW + 10);
  const [keys, other] = [await DeviceKeys.generate(), await DeviceKeys.generate()];
  const doc = await requestEntry({ ...seen, content }, circle, keys);
  const read = (changed: Partial<RequestDocument>, now = NOW + 10) =>
    readRequest(invited.membership, { ...doc, ...changed }, now);
  expect(await read({ _rev: "1-0" })).toMatchObject({ device: keys.id, dev: keys.pub });
  const tries: [string, Partial<RequestDocument> & { readonly more?: string }][] = [
    ["schema", { more: "x" }],
    ["schema", { _id: doc._id.slice(0, -1) }],
    ["schema", { dev: { ...doc.dev, kem: "XWING" } }],
    ["kid", { dev: other.pub }],
    ["invite", { _id: `req:i${"A".repeat(22)}:${keys.id}` }],
    ["proof", { proof: doc.proof.slice(0, -2) }],
    ["proof", { _id: doc._id.replace(keys.id, other.id), dev: other.pub }],
  ];
  for (const [code, changed] of tries) {
    expect(await codeOf(() => read(changed)), code).toBe(code);
  }
  expect(await codeOf(() => read({}, NOW + 1_209_601))).toBe("invite");
});
