import { expect, test } from "vitest";
import { b64uEncode } from "../../src/circle/encoding.ts";
import { type Bundle, bundleDocuments, rekey } from "../../src/circle/entries.ts";
import {
  back,
  commit,
  currentEpoch,
  drawSecret,
  EpochSecrets,
  pieces,
  repairWraps,
  requiredWraps,
  unback,
  unwrap,
  wrap,
} from "../../src/circle/epochs.ts";
import { DeviceKeys } from "../../src/circle/keys.ts";
import { type Epoch, Standing } from "../../src/circle/standing.ts";
import { admit, codeOf, foundPatientCircle, NOW } from "./scene.ts";

test("a commitment belongs to one secret, stream and epoch", async () => {
  const es = drawSecret();
  const all = [
    await commit(es, "c", 1),
    await commit(es, "k", 1),
    await commit(es, "c", 2),
    await commit(drawSecret(), "c", 1),
  ];
  expect(new Set(all).size).toBe(4);
});

test("a wrap opens for its device, circle, stream and epoch only", async () => {
  const keys = await DeviceKeys.generate();
  const other = await DeviceKeys.generate();
  const es = drawSecret();
  const epoch = { e: 1, commit: await commit(es, "c", 1), at: 0 };
  const doc = await wrap("cA", "c", epoch, { device: keys.id, pub: keys.pub }, es);
  expect(doc._id).toBe(`wrap:c000001:${epoch.commit.slice(0, 16)}:${keys.id}`);
  expect(await unwrap(keys, "cA", "c", epoch, doc)).toEqual(es);
  expect(await codeOf(() => unwrap(keys, "cB", "c", epoch, doc))).toBe("wrap");
  expect(await codeOf(() => unwrap(other, "cA", "c", epoch, doc))).toBe("schema");
  const renamed = { ...doc, _id: doc._id.replace(keys.id, other.id) };
  expect(await codeOf(() => unwrap(other, "cA", "c", epoch, renamed))).toBe("wrap");
});

test("a wrap of another secret than the log speaks of is found out", async () => {
  const keys = await DeviceKeys.generate();
  const epoch = { e: 1, commit: await commit(drawSecret(), "c", 1), at: 0 };
  const doc = await wrap("cA", "c", epoch, { device: keys.id, pub: keys.pub }, drawSecret());
  expect(await codeOf(() => unwrap(keys, "cA", "c", epoch, doc))).toBe("commit");
});

test("each entry asks for exactly the wraps of who needs the key by it", async () => {
  const founded = await foundPatientCircle();
  const patient = await admit(founded.therapist, founded, "patient");
  const ids = (bundle: Bundle) => bundle.wraps.map(({ _id }) => _id);
  const required = (...[before, after]: Parameters<typeof requiredWraps>) =>
    requiredWraps(before, after).map(({ id }) => id);
  expect(required(undefined, founded.membership)).toEqual(ids(founded.bundle));
  expect(required(founded.membership, patient.invited.membership)).toEqual([]);
  expect(required(patient.invited.membership, patient.membership)).toEqual(ids(patient.bundle));
  expect(ids(patient.bundle)[0]).toMatch(new RegExp(`:${patient.keys.id}$`));
  const documents = await bundleDocuments(founded.bundle);
  expect(documents.map(({ _id }) => _id)).toEqual([...ids(founded.bundle), "log:000000"]);
  expect(documents.every(({ _rev }) => /^1-[0-9a-f]{32}$/.test(_rev ?? ""))).toBe(true);
});

test("without its wrap a device says so", async () => {
  const founded = await foundPatientCircle();
  const { membership, therapist } = founded;
  expect(await codeOf(() => EpochSecrets.unlock(membership, therapist, []))).toBe("epoch");
  const secrets = await EpochSecrets.unlock(membership, therapist, founded.bundle.wraps);
  const { e } = currentEpoch(membership, "c");
  expect(b64uEncode(secrets.get("c", e))).toBe(b64uEncode(founded.secrets.get("c", 1)));
  expect(secrets.has("c", 2)).toBe(false);
});

/** A therapist and a patient, and a key that was changed twice. */
async function rekeyed(cut = false) {
  const founded = await foundPatientCircle();
  const patient = await admit(founded.therapist, founded, "patient");
  const how = { streams: ["c"], markOf: () => [0, ""] as const } as const;
  const { membership, secrets } = patient;
  const second = await rekey(founded.therapist, membership, secrets, { ...how, cut }, NOW + 50);
  const third = await rekey(patient.keys, second.membership, second.secrets, how, NOW + 60);
  return { founded, patient, second, third };
}

test("the newest wrap leads to every secret before it, until history ends", async () => {
  const { patient, third } = await rekeyed();
  const { wraps } = third.bundle;
  const own = await EpochSecrets.unlock(third.membership, patient.keys, wraps);
  expect(own.toKnown()).toEqual(third.secrets.toKnown());
  expect(own.isComplete(third.membership, patient.keys.id)).toBe(true);
  const ended = await rekeyed(true);
  const some = await EpochSecrets.unlock(
    ended.third.membership,
    ended.patient.keys,
    ended.third.bundle.wraps,
  );
  expect([1, 2, 3].map((e) => some.has("c", e))).toEqual([false, true, true]);
});

test("a bad link is found by who knows the secret before, and names who wrote it", async () => {
  const { patient, second, third, founded } = await rekeyed();
  const [first, middle, last] = third.membership.epochs.c;
  const { circle } = third.membership;
  const es = third.secrets.get("c", 3);
  const other = await back(circle, "c", 3, es, drawSecret());
  const chain = [first, middle, { ...last, back: other }] as Epoch[];
  const membership = new Standing({ ...third.membership, epochs: { c: chain, k: [] } });
  const bad = [{ stream: "c", e: 3, device: patient.keys.id }];
  const { wraps } = third.bundle;
  const keys = founded.therapist;
  const known = await second.secrets.unlocked(membership, keys, wraps);
  expect(known.bad).toEqual(bad);
  expect(known.secrets.isComplete(membership, keys.id)).toBe(true);
  const fresh = await new EpochSecrets(circle).unlocked(membership, keys, wraps);
  expect(fresh.bad).toEqual(bad);
  expect([1, 2, 3].map((e) => fresh.secrets.has("c", e))).toEqual([false, false, true]);
  const repair = await wrap(
    circle,
    "c",
    middle as Epoch,
    { device: keys.id, pub: keys.pub },
    second.secrets.get("c", 2),
  );
  const repaired = await fresh.secrets.unlocked(membership, keys, [...wraps, repair]);
  expect(repaired.secrets.isComplete(membership, keys.id)).toBe(true);
});

test("a link belongs to one circle, stream and epoch", async () => {
  const { third } = await rekeyed();
  const { circle, epochs } = third.membership;
  const [first, middle, last] = epochs.c as [Epoch, Epoch, Epoch];
  const es = third.secrets.get("c", 3);
  expect(await unback(circle, "c", last, es, middle)).toEqual(third.secrets.get("c", 2));
  expect(await codeOf(() => unback(`${circle}0`, "c", last, es, middle))).toBe("back");
  expect(await codeOf(() => unback(circle, "k", last, es, middle))).toBe("back");
  expect(await codeOf(() => unback(circle, "c", { ...last, e: 4 }, es, middle))).toBe("back");
  expect(await codeOf(() => unback(circle, "c", last, es, first))).toBe("back");
  expect(await codeOf(() => unback(circle, "c", first, es, first))).toBe("back");
});

test("who lets a device in hands it the secrets behind a broken link, and none behind an end", async () => {
  const { founded, third } = await rekeyed();
  const { circle } = third.membership;
  const [first, middle, last] = third.membership.epochs.c as [Epoch, Epoch, Epoch];
  const other = await back(circle, "c", 3, third.secrets.get("c", 3), drawSecret());
  const chain = [first, middle, { ...last, back: other }];
  const broken = new Standing({ ...third.membership, epochs: { c: chain, k: [] } });
  const { bad } = await third.secrets.walked(broken);
  expect(pieces(broken, bad)).toEqual([{ stream: "c", e: 2 }]);
  const { back: _, ...ended } = last;
  const cut = new Standing({ ...third.membership, epochs: { c: [first, middle, ended], k: [] } });
  expect(pieces(cut, bad)).toEqual([]);
  const repairs = (membership: Standing) => {
    const devices = new Map([...membership.devices].slice(0, 1));
    const before = new Standing({ ...membership, devices });
    return repairWraps(before, membership).map(({ epoch, member }) => [epoch.e, member.device]);
  };
  const [, device] = [...broken.devices.keys()];
  expect(repairs(broken)).toEqual([
    [2, device],
    [1, device],
  ]);
  expect(repairs(cut)).toEqual([]);
  expect(repairWraps(broken, broken)).toEqual([]);
  expect(founded.membership.epochs.c.length).toBe(1);
});
