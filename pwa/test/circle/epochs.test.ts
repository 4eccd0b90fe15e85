import { expect, test } from "vitest";
import { b64uEncode } from "../../src/circle/encoding.ts";
import { type Bundle, bundleDocuments } from "../../src/circle/entries.ts";
import {
  commit,
  currentEpoch,
  drawSecret,
  EpochSecrets,
  requiredWraps,
  unwrap,
  wrap,
} from "../../src/circle/epochs.ts";
import { DeviceKeys } from "../../src/circle/keys.ts";
import { admit, codeOf, foundPatientCircle } from "./scene.ts";

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
  expect(requiredWraps(undefined, founded.membership)).toEqual(ids(founded.bundle));
  expect(requiredWraps(founded.membership, patient.invited.membership)).toEqual([]);
  expect(requiredWraps(patient.invited.membership, patient.membership)).toEqual(
    ids(patient.bundle),
  );
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
