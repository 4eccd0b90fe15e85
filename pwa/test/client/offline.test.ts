/** What a page asks of its service worker. */
import { afterEach, expect, test, vi } from "vitest";
import { keepPart, keepSoon } from "../../src/client/offline.ts";

afterEach(() => {
  vi.useRealTimers();
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

/** A phone with this link, and what its worker was asked for. */
function phoneOn(connection?: object): string[] {
  vi.useFakeTimers();
  const told: string[] = [];
  const active = { postMessage: (part: string) => told.push(part) };
  const ready = Promise.resolve({ active, waiting: null });
  vi.stubGlobal("navigator", { serviceWorker: { ready }, ...(connection && { connection }) });
  return told;
}

test.each([undefined, { effectiveType: "4g" }, { effectiveType: "3g", saveData: false }])(
  "what is wanted offline later is kept when the first screen has had its time: %o",
  async (connection) => {
    const told = phoneOn(connection);
    void keepSoon();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(told).toEqual([]);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(told).toEqual(["care", "telling", "languages", "sending"]);
  },
);

test.each([{ effectiveType: "2g" }, { effectiveType: "slow-2g" }, { saveData: true }])(
  "a poor or dear link belongs to the first records, and then the rest comes all the same: %o",
  async (connection) => {
    const told = phoneOn(connection);
    void keepSoon();
    await vi.advanceTimersByTimeAsync(50_000);
    expect(told).toEqual([]);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(told).toEqual(["care", "telling", "languages", "sending"]);
  },
);
