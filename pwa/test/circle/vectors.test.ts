/**
 * The vectors that Python and TypeScript share: what one takes the other takes, and each refusal
 * has the same code. The browser makes logins and never checks one, so of the group "login" only
 * the making is tested here.
 */
import { describe, expect, test } from "vitest";
import { isRun, runs } from "./runs.ts";
import { cases } from "./vectors.ts";

test("there are vectors of every group, and of no other", () => {
  expect(new Set(cases.map(({ group }) => group))).toEqual(
    new Set([...Object.keys(runs), "judge"]),
  );
});

describe.each(Object.entries(runs))("vectors of %s", (group, run) => {
  const own = cases.filter((vector) => vector.group === group && isRun(vector));
  test.each(own.map((vector) => [vector.name, vector] as const))("%s", async (_name, vector) => {
    await run(vector);
  });
});
