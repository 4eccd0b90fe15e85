/** What is told to whoever helps: the phone, and nothing of who has it. */
import { expect, test } from "vitest";
import { diagnose } from "../../src/client/diagnosis.ts";

const CLOCK = { lastContact: 1_795_262_400, phoneS: 1_795_266_005, serverS: 1_795_262_400 };

async function told(parts: Partial<Parameters<typeof diagnose>[0]> = {}) {
  return Object.fromEntries(await diagnose({ clock: CLOCK, waiting: 3, codes: [], ...parts }));
}

test("how far the clock is off, what waits and why is told", async () => {
  const found = await told({ codes: ["limit", "closed", "limit"] });
  expect(found["clock.behind_server_s"]).toBe(-3_605);
  expect(found["records.waiting"]).toBe(3);
  expect(found["records.codes"]).toBe("closed limit");
  expect(found["server.last_contact"]).toBe("2026-11-21T12:00");
});

test("a phone that never reached the server says so", async () => {
  const found = await told({ clock: { ...CLOCK, lastContact: 0 } });
  expect(found["server.last_contact"]).toBe("never");
});

test("a browser that tells little is no obstacle", async () => {
  const found = await told();
  expect(found["worker.state"]).toBe("not offered");
  expect(found["storage.quota_bytes"]).toBe("?");
  expect(Object.values(found)).not.toContain(undefined);
});
