import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { b64uEncode, jcs, utf8 } from "../../src/circle/encoding.ts";
import { add, remove } from "../../src/circle/entries.ts";
import { es256Verify, sha256 } from "../../src/circle/envelope.ts";
import { drawWritten } from "../../src/circle/keys.ts";
import {
  drawCode,
  openPaper,
  type Paper,
  paperDevice,
  printCode,
  readClinicPub,
  readCode,
  recoveryId,
  sealPaper,
} from "../../src/circle/recovery.ts";
import { codeOf, foundPatientCircle, NOW } from "./scene.ts";

/** The least that is taken: tests need no hard one. */
const CHEAP = { memory: 19 * 1024, passes: 2 };

let founded: Awaited<ReturnType<typeof foundPatientCircle>>;

beforeAll(async () => {
  founded = await foundPatientCircle();
});

/** A paper of the therapist's in the circle. */
async function print(kem: "P256" | "XWING") {
  const { therapist, membership, secrets, member } = founded;
  const { secret, pub } = await drawWritten(kem);
  const place = { role: "therapist", member, dev: pub } as const;
  const added = await add(therapist, membership, secrets, place, NOW + 10);
  const { circle, seq, head } = added.membership;
  const paper: Paper = { secret, circle, head: [seq, head] };
  return { paper, pub, ...added };
}

test("a code is read as it is printed, and as people type it", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 13, maxLength: 13 }), (random) => {
      const code = drawCode(new Uint8Array(random));
      expect(code).toMatch(/^[0-9A-HJKMNP-TV-Z]{20}$/);
      expect(readCode(` ${printCode(code).toLowerCase()}`)).toBe(code);
      expect(readCode(code.replaceAll("0", "o").replaceAll("1", "l"))).toBe(code);
    }),
  );
  expect(new Set([drawCode(), drawCode()]).size).toBe(2);
});

test.each(["P256", "XWING"] as const)("a paper of kind %s is a device again", async (kem) => {
  const { paper, pub, membership, bundle } = await print(kem);
  const code = drawCode();
  const doc = await sealPaper(code, paper, CHEAP);
  expect(doc._id).toBe(`rec:${await recoveryId(code)}`);
  const read = await openPaper(code, doc);
  const keys = await paperDevice(read, membership);
  expect(keys.pub).toEqual(pub);
  const signature = await keys.sign(utf8("m"));
  expect(await es256Verify(pub.spk, utf8("m"), signature)).toBe(true);
  const own = bundle.wraps.find(({ _id }) => _id.endsWith(keys.id));
  expect(own).toBeDefined();
});

test("what is wrong with a card is said in four words", async () => {
  const { paper, membership, secrets, pub } = await print("P256");
  const code = drawCode();
  const doc = await sealPaper(code, paper, CHEAP);
  expect(await codeOf(() => openPaper(drawCode(), doc))).toBe("target");
  expect(await codeOf(() => openPaper(code, null))).toBe("target");
  const weak = { ...doc, kdf: { ...doc.kdf, m: 8 } };
  expect(await codeOf(() => openPaper(code, weak))).toBe("limit");
  const other = { ...doc, kdf: { ...doc.kdf, t: 3 } };
  expect(await codeOf(() => openPaper(code, other))).toBe("tag");
  expect(await codeOf(() => openPaper(code, { ...doc, k: `${doc.k}=` }))).toBe("tag");
  expect(await codeOf(() => paperDevice(paper, founded.membership))).toBe("newer-log");
  const [device = ""] = [...membership.devices.values()]
    .filter((member) => member.pub.spk === pub.spk)
    .map((member) => member.device);
  const { therapist } = founded;
  const none = () => [0, ""] as const;
  const after = await remove(therapist, membership, secrets, [device], none, NOW + 20);
  expect(await codeOf(() => paperDevice(paper, after.membership))).toBe("removed");
});

test("a clinic's recovery key is read out of its whole line only", async () => {
  const { pub } = await drawWritten("XWING");
  const body = b64uEncode(jcs(pub));
  const check = b64uEncode(await sha256(utf8(`pub.${body}`))).slice(0, 8);
  const line = `rj1-recovery-pub.${body}.${check}`;
  expect(await readClinicPub(` ${line}\n`)).toEqual(pub);
  for (const wrong of [line.slice(0, -1), line.replace("pub", "key"), `${line}A`, body]) {
    expect(await codeOf(() => readClinicPub(wrong))).toBe("schema");
  }
});
