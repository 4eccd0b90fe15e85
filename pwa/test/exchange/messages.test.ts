/** Requests and answers: the shared vectors, and items that are not what their number says. */
import { expect, test } from "vitest";
import { Malformed } from "../../src/exchange/cbor.ts";
import type { Item } from "../../src/exchange/frames.ts";
import { readAnswerItem } from "../../src/exchange/messages.ts";
import { exchangeRuns } from "./runs.ts";
import { vectorsOf } from "./vectors.ts";

const BYTES = (count: number) => new Uint8Array(count);

test("the vectors hold", async () => {
  await exchangeRuns.messages(vectorsOf("messages"));
});

const wrong: Item[] = [
  [0, 2, BYTES(0), "a"],
  [0, 1, BYTES(1), "a"],
  [1, "text"],
  [2, BYTES(1), []],
  [2, BYTES(20), BYTES(0)],
  [3, 1, [0]],
  [3, 1, [0, 0]],
  [3, "1", []],
  [4, BYTES(20), 1],
  [5, BYTES(20), "2611", BYTES(0)],
  [5, BYTES(20), "261111", BYTES(1024)],
  [6, BYTES(20), "2611", BYTES(1)],
  [9, 2],
  [9],
  [9, 0, 0],
];

test.each(wrong.map((item) => [item]))("an item that is not what it says: %j", (item) => {
  expect(() => readAnswerItem(item)).toThrow(Malformed);
});
