/** What clinicians do for safety: numbers to call, words to sign, checks on top of everything. */
import { render } from "preact";
import { beforeEach, describe, expect, test } from "vitest";
import {
  at,
  byStaff,
  type CareParts,
  care,
  fakeClient,
  session,
  TODAY,
} from "../../src/gallery/fake";
import type { Approval, Check, Contacts } from "../../src/records.gen";
import { contactsOf } from "../../src/rooms/seen";
import { SigningRoom } from "../../src/rooms/signing";
import { TherapistRooms } from "../../src/rooms/therapist";
import { TEXT_SETS, versionOf } from "../../src/safety/approved";
import { go, startRoutes } from "../../src/ui/route";
import { t } from "../../src/words";
import { LANGUAGES, textsOf } from "../../src/words/languages";
import { openPage, type ScreenPage, settled } from "./page";

const STAMP = { lam: 1, at: at(TODAY, 9), tz_min: 120 };

function check(advice: Check["advice"], id: string, answer: "yes" | "not_sure" = "yes") {
  const value: Check = {
    type: "check",
    ...STAMP,
    day: TODAY,
    performed_at: at(TODAY, 9),
    texts: "x".repeat(43),
    answers: [{ question: "bladder", answer }],
    advice,
  };
  return { ...byStaff(value), id, staff: undefined as never };
}

let page: ScreenPage;

beforeEach(() => {
  page = openPage();
  startRoutes();
});

async function enter(parts: readonly CareParts[]): Promise<{
  readonly client: ReturnType<typeof fakeClient>;
  readonly clinic: ReturnType<typeof care>;
}> {
  expect(SigningRoom).toBeDefined();
  const clinic = care({ purpose: "clinic", role: "admin", name: "Hill Road", circle: "cclinic" });
  const cares = [clinic, ...parts.map((each) => care({ role: "therapist", ...each }))];
  const client = fakeClient({ role: "therapist", cares });
  render(<TherapistRooms client={client} />, page.root as unknown as Element);
  await settled();
  return { client, clinic };
}

describe("checks", () => {
  test("of danger stand on top of the list, in red, until somebody has said to have seen them", async () => {
    const { client } = await enter([
      { name: "Aba", circle: "c-aba", sessions: [session(0, { mine: false })] },
      { name: "Zoe", circle: "c-zoe", others: [check("emergency", "ev:1")] },
    ]);
    expect(page.all("patient-row")[0]?.textContent).toContain("Zoe");
    expect(page.get("row-alarm").textContent).toBe("Go to a hospital now");
    go({ room: "patient", circle: "c-zoe" });
    await settled();
    expect(page.get("check-row").textContent).toContain(`Yes: ${t("flag.bladder")}`);
    await page.tap("check-see");
    expect(client.calls.at(-1)).toBe('write {"type":"heard","targets":["ev:1"]}');
    expect(page.has("check-told")).toBe(true);
    history.back();
    await settled();
    expect(page.has("row-alarm")).toBe(false);
  });

  test("tell not sure apart from yes", async () => {
    await enter([{ circle: "c-zoe", others: [check("same_day", "ev:1", "not_sure")] }]);
    go({ room: "patient", circle: "c-zoe" });
    await settled();
    expect(page.get("check-row").textContent).toContain(`Not sure: ${t("flag.bladder")}`);
  });

  test("without a sign of danger are no alarm", async () => {
    await enter([{ circle: "c-zoe", others: [check("none", "ev:1")] }]);
    expect(page.has("row-alarm")).toBe(false);
  });
});

describe("whom patients call", () => {
  test("is written into the clinic's circle", async () => {
    const { clinic } = await enter([]);
    go({ room: "contacts" });
    await settled();
    await page.type("contacts-emergency", "112");
    await page.type("contacts-name-0", "Clinic");
    await page.type("contacts-phone-0", "+254 20 1234");
    page.root.all(({ localName }) => localName === "form")[0]?.send("submit");
    await settled();
    expect(contactsOf(clinic)).toMatchObject({
      emergency: "112",
      contacts: [{ name: "Clinic", phone: "+254 20 1234" }],
    } satisfies Partial<Contacts>);
  });

  test("refuses what no phone can dial, and says so", async () => {
    const { client } = await enter([]);
    go({ room: "contacts" });
    await settled();
    await page.type("contacts-name-0", "Clinic");
    await page.type("contacts-phone-0", "ask Rosa");
    page.root.all(({ localName }) => localName === "form")[0]?.send("submit");
    await settled();
    expect(client.calls.some((call) => call.startsWith("write "))).toBe(false);
    expect(page.text()).toContain("This can not be dialled.");
  });
});

describe("words to sign", () => {
  test("are shown from the first to the last, and signed for this version in this language", async () => {
    const { client, clinic } = await enter([]);
    const textOf = await textsOf("sw");
    go({ room: "texts", set: "red-flags", language: "sw" });
    for (let i = 0; i < 20 && page.all("texts-line").length === 0; i += 1) await settled();
    const shown = page.all("texts-line").map(({ textContent }) => textContent);
    expect(shown.sort()).toEqual(TEXT_SETS["red-flags"].map((id) => String(textOf(id))).sort());
    expect(page.get("texts-state").textContent).toBe("Not signed");
    await page.tap("texts-sign");
    expect(client.calls.some((call) => call.startsWith("write "))).toBe(false);
    await page.type("texts-name", "Rosa Diaz");
    await page.type("texts-profession", "physiotherapist");
    await page.tap("texts-sign");
    const signed = clinic.diary.peek().at(-1)?.value as Approval;
    expect(signed).toMatchObject({
      type: "approval",
      texts: "red-flags",
      language: "sw",
      version: await versionOf("red-flags", textOf),
      approved: true,
      name: "Rosa Diaz",
      profession: "physiotherapist",
    });
    expect(page.get("texts-state").textContent).toContain("Signed by Rosa Diaz");
    await page.tap("texts-take-back");
    expect(page.get("texts-state").textContent).toBe("Not signed");
  });

  test("of every language are another version", async () => {
    const versions = await Promise.all(
      LANGUAGES.map(async ({ tag }) => versionOf("red-flags", await textsOf(tag))),
    );
    expect(new Set(versions).size).toBe(LANGUAGES.length);
  });
});
