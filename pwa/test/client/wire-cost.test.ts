/** What a request costs, as it was measured on a socket; in bytes. */
import { expect, test } from "vitest";
import { type Spending, WireCost } from "../../src/client/wire-cost.ts";

const ONE: Spending = {
  path: "/sync",
  authorization: "Session abcdefghijklmnopqrstuv",
  sent: 20,
  got: 94,
  isNew: false,
  atMs: 1_000,
};

function near(found: readonly number[], measured: readonly number[], most: number): void {
  for (const [at, bytes] of measured.entries()) {
    expect(Math.abs((found[at] ?? 0) - bytes)).toBeLessThanOrEqual(most);
  }
}

test("a warm request, a long one, one after a pause, one with another login", () => {
  const cost = new WireCost();
  near(cost.of(ONE), [2_708, 94 + 59 + 1_050 + 2_000], 30);
  near(cost.of(ONE), [113, 152], 5);
  near(cost.of({ ...ONE, sent: 3_000 }), [3_097, 152], 5);
  near(cost.of({ ...ONE, sent: 100_000 }), [100_284, 152], 5);
  near(cost.of({ ...ONE, sent: 20, atMs: 30_000 }), [187, 227], 5);
  const bearer = { ...ONE, authorization: `Bearer ${"x".repeat(239)}`, atMs: 30_000 };
  near(cost.of(bearer), [329, 152], 40);
  near(cost.of(bearer), [113, 152], 5);
});

test("a connection after the first takes up its session again", () => {
  const cost = new WireCost();
  cost.of({ ...ONE, isNew: true });
  near(cost.of({ ...ONE, sent: 300, isNew: true }), [2_982, 1_200], 30);
});
