/** Something is wrong: what is asked, what is said, what is written, offline and in every language. */
import { render } from "preact";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { at, byStaff, care, fakeClient, TODAY } from "../../src/gallery/fake";
import type { Approval, Check, Contacts, Heard } from "../../src/records.gen";
import { CheckRoom } from "../../src/rooms/check";
import { PatientRooms } from "../../src/rooms/patient";
import { approvalOf, TEXT_SETS, versionOf } from "../../src/safety/approved";
import { adviceOf } from "../../src/safety/outcome";
import { type Level, QUESTIONS } from "../../src/safety/questions";
import { startRoutes } from "../../src/ui/route";
import {
  addWords,
  english,
  languageTag,
  moreWords,
  rawText,
  speakLanguage,
  t,
  type WordId,
} from "../../src/words";
import { enMore } from "../../src/words/en-more";
import { enSafeDesk } from "../../src/words/en-safe-desk";
import { enSafety } from "../../src/words/en-safety";
import { fetchLanguage, LANGUAGES } from "../../src/words/languages";
import { openPage, type ScreenPage, settled } from "./page";

const STAMP = { lam: 1, at: at(TODAY, 9), tz_min: 120 };
const CARD: Contacts = {
  type: "contacts",
  ...STAMP,
  emergency: "112",
  contacts: [{ name: "Hill Road Clinic", phone: "+254 (0)20-123", hours: "8 to 17" }],
};
/** A question of each level, with how many noes come before it. */
const FIRST = (["emergency", "same_day", "tell_first"] as const).map(
  (level) => [level, QUESTIONS.findIndex((question) => question.level === level)] as const,
);

let page: ScreenPage;

beforeEach(() => {
  page = openPage();
  startRoutes();
});
afterEach(() => {
  speakLanguage(english([]));
  addWords(enMore);
  addWords(enSafety);
});

async function enter(client: ReturnType<typeof fakeClient>): Promise<void> {
  // Its code is at hand, as on every phone.
  expect(CheckRoom).toBeDefined();
  render(<PatientRooms client={client} />, page.root as unknown as Element);
  await settled();
}

async function answerNo(times: number): Promise<void> {
  for (let i = 0; i < times; i += 1) await page.tap("check-no");
}

function checks(client: ReturnType<typeof fakeClient>): Check[] {
  return client.calls
    .filter((call) => call.startsWith("write "))
    .map((call) => JSON.parse(call.slice("write ".length)) as Check);
}

describe("the questions", () => {
  test("stand in one order, the most urgent first, each with words, a source and a recording", () => {
    const levels = QUESTIONS.map(({ level }) => level);
    expect(levels).toEqual([...levels].sort((a, b) => order(a) - order(b)));
    expect(new Set(QUESTIONS.map(({ id }) => id)).size).toBe(QUESTIONS.length);
    expect(new Set(QUESTIONS.map(({ audio }) => audio)).size).toBe(QUESTIONS.length);
    for (const { id, source, hasHint, audio } of QUESTIONS) {
      expect(Object.hasOwn(enSafety, `flag.${id}`)).toBe(true);
      expect([id, Object.hasOwn(enSafety, `flag.${id}.hint`)]).toEqual([id, hasHint]);
      expect(enSafeDesk[`source.${source}`].length).toBeGreaterThan(10);
      expect(audio).not.toBe("");
    }
  });

  test.each(FIRST)("not sure counts as yes: %s", (level, before) => {
    const noes = QUESTIONS.slice(0, before).map(
      ({ id }) => ({ question: id, answer: "no" }) as const,
    );
    const question = QUESTIONS[before]?.id ?? "";
    expect(adviceOf([...noes, { question, answer: "yes" }])).toBe(level);
    expect(adviceOf([...noes, { question, answer: "not_sure" }])).toBe(level);
    expect(adviceOf(noes)).toBeUndefined();
  });

  test("a danger sign that this version does not know is an emergency", () => {
    expect(adviceOf([{ question: "newer", answer: "yes" }])).toBe("emergency");
  });
});

function order(level: Level): number {
  return ["emergency", "same_day", "tell_first"].indexOf(level);
}

describe("something is wrong", () => {
  test("is one tap away, and the first yes shows the card at once and is written", async () => {
    const client = fakeClient({ sync: { state: "offline" } });
    await enter(client);
    await page.tap("help");
    expect(page.has("check")).toBe(true);
    await page.tap("check-yes");
    expect(page.has("check-emergency")).toBe(true);
    expect(page.text()).toContain("Go to a hospital now");
    expect(page.get("said-yes").textContent).toBe(t("flag.saddle"));
    expect(page.get("not-seen").textContent).toContain("Rosa has not seen this yet");
    expect(checks(client)).toEqual([
      {
        type: "check",
        day: TODAY,
        performed_at: expect.any(Number),
        texts: await versionOf("red-flags", rawText),
        answers: [{ question: "saddle", answer: "yes" }],
        advice: "emergency",
      },
    ]);
  });

  test("all noes are written too, and promise nothing", async () => {
    const client = fakeClient();
    await enter(client);
    await page.tap("help");
    await answerNo(QUESTIONS.length);
    expect(page.has("check-none")).toBe(true);
    expect(page.text()).toContain("This app can not check you.");
    expect(checks(client)[0]?.answers).toHaveLength(QUESTIONS.length);
    expect(checks(client)[0]?.advice).toBe("none");
  });

  test("the card is shown even when nothing can be written, and says so", async () => {
    await enter(fakeClient({ broken: true }));
    await page.tap("help");
    await page.tap("check-not_sure");
    expect(page.has("check-emergency")).toBe(true);
    expect(page.has("check-unkept")).toBe(true);
  });

  test("works on a phone that belongs to no clinic yet", async () => {
    await enter(fakeClient({ cares: [] }));
    await page.tap("help");
    await page.tap("check-yes");
    expect(page.has("check-emergency")).toBe(true);
    expect(page.has("no-contacts")).toBe(true);
  });

  test("back goes to the question before, and the new answer counts", async () => {
    const client = fakeClient();
    await enter(client);
    await page.tap("help");
    await page.tap("check-yes");
    history.back();
    await settled();
    expect(page.has("check")).toBe(true);
    await page.tap("check-no");
    expect(page.has("check")).toBe(true);
    expect(checks(client).map(({ advice }) => advice)).toEqual(["emergency"]);
  });

  test("a clinician's receipt and nothing else says that it was seen", async () => {
    const circle = care();
    const client = fakeClient({ cares: [circle] });
    await enter(client);
    await page.tap("help");
    await page.tap("check-yes");
    const id = circle.diary.peek().find(({ value }) => value.type === "check")?.id ?? "";
    const heard: Heard = { type: "heard", ...STAMP, targets: [id] };
    const receipt = byStaff(heard);
    circle.diary.value = [...circle.diary.peek(), { ...receipt, staff: undefined as never }];
    await settled();
    expect(page.has("not-seen")).toBe(true);
    circle.diary.value = [...circle.diary.peek(), receipt];
    await settled();
    expect(page.get("seen").textContent).toBe("Rosa has seen this.");
  });
});

describe("whom to call", () => {
  test("the clinic's own numbers can be dialled", async () => {
    await enter(fakeClient({ cares: [care({ others: [byStaff(CARD)] })] }));
    await page.tap("help");
    await page.tap("check-call");
    expect(page.get("call-emergency").attributes.href).toBe("tel:112");
    expect(page.get("call-contact").attributes.href).toBe("tel:+254020123");
    expect(page.get("call-contact").textContent).toContain("Hill Road Clinic");
    expect(page.get("call-contact").textContent).toContain("8 to 17");
  });

  test("without numbers the card says what is not known", async () => {
    await enter(fakeClient());
    await page.tap("help");
    await page.tap("check-yes");
    expect(page.has("no-emergency")).toBe(true);
    expect(page.has("no-contacts")).toBe(true);
  });

  test("numbers that no clinic staff wrote are not shown", async () => {
    const { staff: _, ...forged } = byStaff(CARD);
    await enter(fakeClient({ cares: [care({ others: [forged] })] }));
    await page.tap("help");
    await page.tap("check-call");
    expect(page.has("call-emergency")).toBe(false);
  });
});

describe("approval", () => {
  const approve = async (change: Partial<Approval> = {}): Promise<Approval> => ({
    type: "approval",
    ...STAMP,
    texts: "red-flags",
    version: await versionOf("red-flags", rawText),
    language: "en",
    approved: true,
    name: "Rosa Diaz",
    ...change,
  });

  test("names who signed this version in this language; nothing else does", async () => {
    const version = await versionOf("red-flags", rawText);
    const yes = byStaff(await approve());
    const says = (...records: ReturnType<typeof byStaff>[]) =>
      approvalOf(records, "red-flags", version, "en")?.name;
    expect(says(yes)).toBe("Rosa Diaz");
    expect(says()).toBeUndefined();
    expect(says(byStaff(await approve({ language: "sw" })))).toBeUndefined();
    expect(says(byStaff(await approve({ version: "x" })))).toBeUndefined();
    expect(says(byStaff(await approve({ texts: "pain-advice" })))).toBeUndefined();
    expect(says(yes, byStaff(await approve({ approved: false })))).toBeUndefined();
    const { staff: _, ...byPatient } = yes;
    expect(says(byPatient)).toBeUndefined();
  });

  test("a changed word is another version", async () => {
    const before = await versionOf("red-flags", rawText);
    const changed = (id: WordId) => (id === "flag.saddle" ? "Other words?" : rawText(id));
    expect(await versionOf("red-flags", changed)).not.toBe(before);
    expect(before).toMatch(/^[A-Za-z0-9_-]{43}$/);
  });

  test("is shown on the questions, and until then that there is none", async () => {
    const circle = care();
    await enter(fakeClient({ cares: [circle] }));
    await page.tap("help");
    expect(page.has("not-approved")).toBe(true);
    circle.diary.value = [byStaff(await approve())];
    await settled();
    expect(page.get("approved").textContent).toContain("Rosa Diaz");
  });
});

describe.each(LANGUAGES.map(({ tag }) => tag))("offline in %s", (tag) => {
  test("not sure leads to the emergency card, with a recording's name on each question", async () => {
    await fetchLanguage(tag, [tag]);
    await moreWords("safety");
    expect(languageTag()).toBe(tag);
    await enter(fakeClient({ sync: { state: "offline" } }));
    await page.tap("help");
    const [heading] = page.root.all(({ localName }) => localName === "h1");
    expect(heading?.attributes["data-audio"]).toBe("flag-saddle");
    expect(heading?.textContent).toBe(t("flag.saddle"));
    if (tag !== "en") expect(t("flag.saddle")).not.toBe(enSafety["flag.saddle"]);
    await page.tap("check-not_sure");
    expect(page.has("check-emergency")).toBe(true);
    expect(page.text()).toContain(t("flag.emergency"));
  });

  test("every text that is signed has words", async () => {
    await fetchLanguage(tag, [tag]);
    await moreWords("safety");
    addWords(enMore);
    for (const id of Object.values(TEXT_SETS).flat()) {
      expect(rawText(id), id).not.toBe(id);
    }
  });
});
