import fc from "fast-check";
import { expect, test } from "vitest";
import { type Operation, orderOperations } from "../../src/circle/fold.ts";

const operation: fc.Arbitrary<Operation> = fc.record({
  lam: fc.integer({ min: 1, max: 4 }),
  at: fc.integer({ min: 0, max: 2 }),
  role: fc.constantFrom("patient", "therapist", "caregiver"),
  device: fc.constantFrom("dA", "dB"),
  stream: fc.constant("c"),
  n: fc.integer({ min: 1, max: 5 }),
  digest: fc.constantFrom("00", "01", "ff"),
});

// Two documents of one digest are one document.
const nameAndDigest = (found: Operation) => `${found.device}${found.n}${found.digest}`;

test("does not depend on what arrived first, nor on what arrived twice", () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(operation, { selector: nameAndDigest }),
      fc.nat(),
      (operations, seed) => {
        const turn = operations.length === 0 ? 0 : seed % operations.length;
        const turned = [...operations.slice(turn), ...operations.slice(0, turn), ...operations];
        const expected = orderOperations(operations.toReversed()).ordered.map(nameAndDigest);
        expect(orderOperations(turned).ordered.map(nameAndDigest)).toEqual(expected);
      },
    ),
  );
});

const base: Operation = {
  lam: 1,
  at: 0,
  role: "patient",
  device: "dA",
  stream: "c",
  n: 1,
  digest: "00",
};

test("lets the clinician's word of the same logical time come later", () => {
  const therapist = { ...base, role: "therapist", device: "d0", at: -5 } as const;
  expect(orderOperations([therapist, base]).ordered).toEqual([base, therapist]);
});

test("reads the smaller digest of two under one name", () => {
  const other = { ...base, digest: "01", lam: 9 };
  expect(orderOperations([other, base]).ordered).toEqual([base]);
});

test("sets aside who runs ahead of all reason", () => {
  const ahead = { ...base, n: 2, lam: 1_000_002 };
  const beyond = { ...base, n: 3, lam: 2 ** 40 };
  expect(orderOperations([ahead, base, beyond])).toEqual({
    ordered: [base],
    aside: [ahead, beyond],
  });
  const within = { ...ahead, lam: 1_000_001 };
  expect(orderOperations([within, base]).ordered).toEqual([base, within]);
});
