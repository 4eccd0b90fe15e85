/** What a page asks of its service worker. */
import { afterEach, expect, test, vi } from "vitest";
import { keepPart } from "../../src/client/offline.ts";

afterEach(() => {
  vi.unstubAllGlobals();
});

test("a part is kept by the worker that runs and by one that waits to start", async () => {
  const told: string[] = [];
  const worker = (name: string) => ({
    postMessage: (part: string) => told.push(`${name} ${part}`),
  });
  const ready = Promise.resolve({ active: worker("old"), waiting: worker("new") });
  vi.stubGlobal("navigator", { serviceWorker: { ready } });
  keepPart("desk");
  await ready;
  await Promise.resolve();
  expect(told).toEqual(["old desk", "new desk"]);
});

test("without a worker nothing is asked, and nothing breaks", () => {
  vi.stubGlobal("navigator", {});
  expect(() => keepPart("desk")).not.toThrow();
});
