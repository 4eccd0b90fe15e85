/** The phone's clock is never believed where it matters, and is right where the person looks. */
import { expect, test } from "vitest";
import { Clock, localDay, watchToday, zoneMinutes } from "../../src/client/clock.ts";
import { openShelf } from "../../src/client/shelf.ts";
import { FakePhone } from "./fake-phone.ts";
import { FakeServer } from "./fake-server.ts";

const NOON = Date.UTC(2026, 10, 21, 12);

function phoneAt(time: () => number): FakePhone {
  return new FakePhone(new FakeServer(), "http://clinic.test", time);
}

test("the correction outlives a restart", async () => {
  const phone = phoneAt(() => NOON);
  const clock = await Clock.open(phone, await openShelf(phone.indexedDB));
  clock.heard(NOON + 3_600_000, NOON);
  const open = async () => Clock.open(phone, await openShelf(phone.indexedDB));
  const kept = async () => (await open()).serverS;
  await expect.poll(kept, { timeout: 30_000 }).toBe(NOON / 1000 + 3600);
  const again = await open();
  expect(again.lastContact).toBe(NOON / 1000 + 3600);
});

test("the month of sealing is the server's, in UTC", async () => {
  const phone = phoneAt(() => Date.UTC(2026, 10, 30, 23, 59));
  const clock = await Clock.open(phone, await openShelf(phone.indexedDB));
  expect(clock.month).toBe("2611");
  clock.heard(Date.UTC(2026, 11, 1, 0, 1), phone.nowMs());
  expect(clock.month).toBe("2612");
});

test("a day is the phone's local date", () => {
  const noon = new Date(2026, 2, 5, 12).getTime();
  expect(localDay(noon)).toBe("2026-03-05");
  expect(zoneMinutes(noon)).toBe(0 - new Date(noon).getTimezoneOffset());
});

test("today turns when the app comes to the front after midnight", async () => {
  let now = new Date(2026, 10, 21, 23, 59).getTime();
  const phone = phoneAt(() => now);
  const clock = await Clock.open(phone, await openShelf(phone.indexedDB));
  const [today, stop] = watchToday(phone, clock);
  expect(today.value).toBe("2026-11-21");
  now += 120_000;
  phone.happen("visible");
  expect(today.value).toBe("2026-11-22");
  stop();
});
