/** Which module has how much of a built file. */
import { expect, test } from "vitest";
import { charactersOf } from "../../tools/weigh.ts";

test("characters are counted for the source that they came from", () => {
  // Columns 0-3 of source 0, 4-9 of the bundler, 10-11 of source 1; then one line of source 0.
  const shares = charactersOf("aaaa++++++bb\nccc", "AAAA,I,MCAA;ADAA");
  expect([...shares]).toEqual([
    [0, 7],
    [-1, 6],
    [1, 2],
  ]);
});

test("numbers of more than one letter, and negative ones, are read", () => {
  // gC is 32, D is -1.
  const shares = charactersOf("x".repeat(40), "ACAA,gCDAA");
  expect([...shares]).toEqual([
    [1, 32],
    [0, 8],
  ]);
});
