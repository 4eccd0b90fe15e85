/** The room of sending, by what a person sees and taps. */
import { render } from "preact";
import { beforeEach, expect, test } from "vitest";
import { utf8 } from "../../src/circle/encoding";
import { Pictures } from "../../src/exchange/moving";
import { at, fakeClient, TODAY } from "../../src/gallery/fake";
import { type FakeSendingParts, fakeSending, stuck } from "../../src/gallery/fake-sending";
import { SendingRoom } from "../../src/rooms/sending";
import { pictureTaker } from "../../src/rooms/sending/bring";
import { Moving } from "../../src/rooms/sending/moving";
import { sayBytes } from "../../src/rooms/sending/parts";
import { whyOf } from "../../src/rooms/sending/stuck";
import type { Brought } from "../../src/sending";
import { type SendingStep, show, startRoutes } from "../../src/ui/route";
import { addWords, t, type WordId } from "../../src/words";
import { enSending } from "../../src/words/en-sending";
import { openPage, type ScreenPage, settled } from "./page";

let page: ScreenPage;

beforeEach(() => {
  page = openPage();
  startRoutes();
  addWords(enSending);
});

async function draw(element: preact.ComponentChild): Promise<void> {
  render(element, page.root as unknown as Element);
  await settled();
  await settled();
}

async function room(step?: SendingStep, parts: FakeSendingParts = {}) {
  const sending = fakeSending(parts);
  show({ room: "sending", ...(step && { step }) });
  await draw(<SendingRoom client={fakeClient({ sending })} />);
  return sending;
}

const BROUGHT: readonly Brought[] = [
  { id: "b1", at: at(TODAY, 18), bytes: 1_133, state: "here" },
  { id: "b2", at: at(TODAY, 9), bytes: 2_000_000, state: "there" },
  { id: "b3", at: at(TODAY, 8), bytes: 900, state: "refused" },
];

test("amounts are said as phones say them", () => {
  expect([0, 1, 999_999, 1_000_000, 1_240_000, 20_000_000].map(sayBytes)).toEqual([
    ...["0\u00a0KB", "1\u00a0KB", "1,000\u00a0KB", "1\u00a0MB", "1.2\u00a0MB", "20\u00a0MB"],
  ]);
});

test("the list says what waits, what is carried and what is stuck", async () => {
  await room(undefined, { waiting: 3, unsent: [stuck("limit")], unopened: [stuck("tag")] });
  expect(page.text()).toContain("1.2 MB this month");
  expect(page.get("count-relay").textContent).toBe("3");
  expect(page.get("count-stuck").textContent).toBe("2");
  expect(page.has("count-bring")).toBe(false);
});

test("each row leads to its screen", async () => {
  const screens = { relay: "relay", bring: "bring", check: "check", stuck: "stuck" };
  for (const [row, screen] of Object.entries({ ...screens, data: "data-used" })) {
    await room();
    await page.tap(`sending-${row}`);
    expect(page.has(screen), row).toBe(true);
  }
});

test("a month's budget is chosen with one tap, and what is left is said", async () => {
  const sending = await room("data", { used: 1_240_000 });
  expect(page.text()).toContain("1.2 MB used");
  await page.tap("limit-5000000");
  expect(sending.calls).toEqual(["setLimit 5000000"]);
  expect(page.get("left").textContent).toBe("3.8\u00a0MB left");
  await page.tap("limit-1000000");
  expect(page.get("left").textContent).toBe("The limit is reached.");
  await page.tap("limit-0");
  expect(page.has("left")).toBe(false);
});

test("a budget that could not be kept is told", async () => {
  await room("data", { refuses: "" });
  await page.tap("limit-5000000");
  expect(page.has("sending-failed")).toBe(true);
  expect(page.get("limit-0").attributes["aria-pressed"]).toBe("true");
});

test.each(["whole", "mended", "lacking", "unreached"] as const)(
  "a check is told: %s",
  async (is) => {
    const sending = await room("check", { checked: is });
    await page.tap("check-now");
    expect(sending.calls).toEqual(["check"]);
    expect(page.get(`check-${is}`).textContent).toContain(t(`check.${is}`));
  },
);

test("a check that breaks was not made", async () => {
  await room("check", { refuses: "" });
  await page.tap("check-now");
  expect(page.has("check-unreached")).toBe(true);
});

test("who helps is told of the phone, each fact by its name", async () => {
  await room("diagnosis");
  expect(page.get("finding-clock.behind_server_s").textContent).toBe("-3605");
  expect(page.get("finding-storage.persisted").textContent).toBe("true");
  expect(page.has("diagnosis-copy")).toBe(true);
});

test("what is stuck is told once for each reason, with what to do", async () => {
  const closed = Array.from({ length: 12 }, (_, n) => stuck("closed", n + 1));
  await room("stuck", { unsent: [...closed, stuck("limit", 40)], unopened: [stuck("codec", 3)] });
  const text = page.text();
  expect(text.match(/This care was ended/g)?.length).toBe(1);
  expect(text).toContain("12 records. Code: closed. Numbers: 1, 2, 3, 4, 5, 6, 7, 8, …");
  expect(text).toContain("1 record. Code: limit. Number: 40");
  expect(text).toContain("A newer app has written it.Update this app. Then try again.");
});

test("every code has words for why and for what to do", () => {
  const codes = ["limit", "authz", "removed", "stale", "fork", "closed", "taken", "schema", "odd"];
  for (const isUnsent of [true, false]) {
    for (const code of [...codes, "epoch", "wrap", "tag", "frame", "codec", "sig"]) {
      const why = `why.${whyOf(code, isUnsent)}` as const;
      for (const id of [why, `${why}Do`] as WordId[]) expect(t(id), id).not.toBe(id);
    }
  }
});

test("what is stuck can be tried again, and given on as a file", async () => {
  const sending = await room("stuck", { unsent: [stuck("limit")] });
  await page.tap("stuck-again");
  await page.tap("stuck-file");
  expect(sending.calls).toEqual(["tryAgain", "pack stuck"]);
});

test("without a key, or with nothing of one's own, no file is offered", async () => {
  await room("stuck", { unsent: [stuck("limit")], canSeal: false });
  expect(page.has("stuck-file")).toBe(false);
  await room("stuck", { unopened: [stuck("tag")] });
  expect(page.has("stuck-file")).toBe(false);
  await room("relay", { waiting: 2, canSeal: false });
  expect(page.has("relay-no-key")).toBe(true);
  expect(page.has("relay-file")).toBe(false);
  await room("relay");
  expect(page.text()).toContain("Nothing waits here");
});

test("the picture that moves is the file", async () => {
  const file = Uint8Array.from({ length: 900 }, (_, byte) => byte & 255);
  const sending = await room("relay", { waiting: 2, file });
  await page.tap("relay-picture");
  expect(sending.calls).toEqual(["pack waiting"]);
  expect(page.has("moving-code")).toBe(true);
  await page.tap("moving-done");
  expect(page.has("relay-picture")).toBe(true);
});

test("a picture follows another while it is shown", async () => {
  const pictures = new Pictures(utf8("x".repeat(700)));
  await draw(<Moving file={utf8("x".repeat(700))} onDone={() => undefined} />);
  const code = page.get("moving-code");
  const shown = () => code.all(({ localName }) => localName === "path").at(-1)?.attributes.d;
  const first = shown();
  await expect.poll(shown, { timeout: 30_000 }).not.toBe(first);
  expect(pictures.count).toBe(3);
  render(null, page.root as unknown as Element);
});

test("what is too much for a picture or a file is said", async () => {
  await room("relay", { waiting: 9_000, file: new Uint8Array(200_000) });
  await page.tap("relay-picture");
  expect(page.get("sending-failed").textContent).toBe("Too much for a picture. Give a file.");
  await room("relay", { waiting: 9_000, refuses: "limit" });
  await page.tap("relay-file");
  expect(page.get("sending-failed").textContent).toContain("Too much for one file.");
});

test("files for others are listed with where they are, and ended ones can go", async () => {
  const sending = await room("bring", { brought: BROUGHT });
  const rows = page.all("brought").map((row) => row.attributes["data-state"]);
  expect(rows).toEqual(["here", "there", "refused"]);
  expect(page.has("drop-b1")).toBe(false);
  await page.tap("drop-b2");
  expect(sending.calls).toEqual(["drop b2"]);
  expect(page.all("brought").length).toBe(2);
});

async function choose(file: Blob): Promise<void> {
  const input = page.get("bring-file");
  Object.assign(input, { files: [file] });
  input.send("change");
  await settled();
  await settled();
}

test("a file that is chosen is taken in", async () => {
  const sending = await room("bring");
  await choose(new Blob([utf8("a file")]));
  expect(sending.taken.map((data) => new TextDecoder().decode(data))).toEqual(["a file"]);
});

test.each([
  ["schema", "This is not a file of this app."],
  ["frame", "The file is not whole. Ask for it again."],
  ["target", "This file is for another clinic's server."],
  ["limit", "This file is too large."],
  ["", "I could not keep it. Is this phone full?"],
] as const)("a file that is refused is told why: %s", async (refuses, words) => {
  await room("bring", { refuses });
  await choose(new Blob([utf8("x")]));
  expect(page.get("sending-failed").textContent).toBe(words);
});

test("without a camera a file is asked for", async () => {
  await room("bring");
  await page.tap("bring-camera");
  await settled();
  await settled();
  expect(page.get("sending-failed").textContent).toBe(
    "I can not use the camera. Ask for a file instead.",
  );
});

test("looking says how much was seen, whatever else is in the picture", async () => {
  const file = utf8("y".repeat(700));
  const pictures = new Pictures(file);
  const found: Uint8Array[] = [];
  const seen: string[] = [];
  const take = pictureTaker(
    ({ have, count }) => seen.push(`${have} of ${count}`),
    (whole) => found.push(whole),
  );
  expect(await take("https://clinic.example/#j1.x")).toBe(false);
  expect(await take(pictures.text(1))).toBe(false);
  expect(await take(pictures.text(1))).toBe(false);
  for (let turn = 2; !(await take(pictures.text(turn))); turn += 1) expect(turn).toBeLessThan(40);
  expect(seen.at(0)).toBe("1 of 3");
  expect(seen.at(-1)).toBe("3 of 3");
  expect(found).toEqual([file]);
});
