/** Two sides find out what each lacks; the shared vectors. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { hex } from "../../src/circle/encoding.ts";
import { bucketOf } from "../../src/exchange/digest.ts";
import { exchangeRuns, inventoryOf, unhex } from "./runs.ts";
import { compare, unequal } from "./server-side.ts";
import { vectorsOf } from "./vectors.ts";

test("the vectors hold", async () => {
  await exchangeRuns.digest(vectorsOf("digest"));
});

const name = fc.oneof(
  fc
    .tuple(
      fc.constantFrom("ev", "nt"),
      fc.constantFrom("2610", "2611"),
      fc.constantFrom("c", "k"),
      fc.integer({ min: 1, max: 40 }),
    )
    .map(([kind, month, stream, n]) => {
      return `${kind}:${month}:d${"A".repeat(20)}:${stream}${String(n).padStart(6, "0")}`;
    }),
  fc.integer({ min: 0, max: 20 }).map((n) => `log:${String(n).padStart(6, "0")}`),
  fc.constantFrom(`cp:c:d${"A".repeat(20)}`, "inv:x", "req:x:y"),
);
const rows = fc.uniqueArray(fc.tuple(name, fc.constantFrom("1-a", "1-b")), {
  maxLength: 30,
  selector: String,
});

test("whatever differs is found and nothing else", async () => {
  await fc.assert(
    fc.asyncProperty(rows, rows, async (ours, theirs) => {
      const [here, there] = [inventoryOf(ours), inventoryOf(theirs)];
      const found = { lacking: new Set<string>(), beyond: new Set<string>() };
      for (const bucket of await unequal(here, await there.digests())) {
        const told = await there.differing(bucket, await here.parts(bucket));
        const { lacking, beyond } = await compare(here, bucket, told);
        for (const id of lacking) found.lacking.add(id);
        for (const id of await there.named(bucket, unhex(beyond.join("")))) found.beyond.add(id);
      }
      expect(found).toEqual({ lacking: beyondOf(ours, theirs), beyond: beyondOf(theirs, ours) });
    }),
    { numRuns: 40 },
  );
});

test("marks that stand for nothing here name nothing", async () => {
  const here = inventoryOf([["log:000001", "1-a"]]);
  expect(await here.named("0000", unhex("00".repeat(8)))).toEqual([]);
  expect(await here.named("2611", new Uint8Array())).toEqual([]);
  expect(hex(await here.parts("2611")).length).toBe(2048);
});

type Row = readonly [string, string];

function beyondOf(some: readonly Row[], others: readonly Row[]): Set<string> {
  const known = new Set(others.map(String));
  const beyond = some.filter((row) => !known.has(String(row)));
  return new Set(beyond.map(([id]) => id).filter((id) => bucketOf(id) !== ""));
}
