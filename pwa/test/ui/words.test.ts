import { globSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { addWords, english, speakLanguage, t } from "../../src/words";
import { dayAfter, dayOf, daysBetween, sayDay, sayTimeThere } from "../../src/words/dates";
import { en } from "../../src/words/en";
import { enDays } from "../../src/words/en-days";
import { enDesk } from "../../src/words/en-desk";
import { enHanded } from "../../src/words/en-handed";
import { enLock } from "../../src/words/en-lock";
import { enMore } from "../../src/words/en-more";
import { enSafeDesk } from "../../src/words/en-safe-desk";
import { enSafety } from "../../src/words/en-safety";
import { enTold } from "../../src/words/en-told";

const SOURCES = new URL("../../src/", import.meta.url).pathname;

afterEach(() => speakLanguage(english([])));

/** All screen sources as one text. */
function screens(): string {
  return ["rooms", "ui", "library", "app.tsx", "words/dates.ts"]
    .flatMap((part) => {
      const path = join(SOURCES, part);
      return /\.tsx?$/.test(part)
        ? [path]
        : readdirSync(path, { recursive: true, encoding: "utf8" }).map((name) => join(path, name));
    })
    .filter((path) => /\.tsx?$/.test(path))
    .map((path) => readFileSync(path, "utf8"))
    .join("\n");
}

describe("the catalogue", () => {
  const parts = [en, enDays, enDesk, enHanded, enLock, enMore, enSafeDesk, enSafety, enTold];
  const all: Record<string, unknown> = Object.assign({}, ...parts);

  test("has every word once", () => {
    const ids = parts.flatMap((part) => Object.keys(part));
    expect(ids.filter((id, at) => ids.indexOf(id) !== at)).toEqual([]);
  });

  test("has no word that no screen asks for", () => {
    const text = screens();
    const families = [...text.matchAll(/`([\w.]+\.)\$\{/g)].map(([, family]) => family ?? "");
    const composed = (id: string) =>
      families.some((family) => id.startsWith(family)) || /^(door|saved)\./.test(id);
    const unused = Object.keys(all).filter((id) => !text.includes(`"${id}"`) && !composed(id));
    expect(unused).toEqual([]);
  });

  test("never says synced, delivered, failed, streak or missed", () => {
    const texts = JSON.stringify(Object.values(all));
    expect(texts.match(/\b(synced|delivered|failed|streak|missed)\b/gi)).toBeNull();
  });
});

describe("texts", () => {
  test("of a dose run as the language does, also without letters", () => {
    const screens = globSync("../../src/rooms/**/*.tsx", { cwd: import.meta.dirname });
    const turned = /dir="auto">\s*\{doseText/;
    const doses = screens.map((path) => readFileSync(join(import.meta.dirname, path), "utf8"));
    expect(doses.filter((text) => text.includes("{doseText")).length).toBeGreaterThan(3);
    expect(doses.filter((text) => turned.test(text))).toEqual([]);
  });

  test("have one kind of digits", () => {
    const words = {
      "remind.pauseWeek": "7 أيام",
      "ckey.how": "rj1-recovery",
      "lock.newOne": "{n} و4",
    };
    speakLanguage({ tag: "ar", locale: "ar-EG", dir: "rtl", words });
    expect(t("remind.pauseWeek")).toBe("٧ أيام");
    expect(t("lock.newOne", { n: 8 })).toBe("٨ و٤");
    expect(t("ckey.how")).toBe("rj1-recovery");
    speakLanguage({ tag: "ar", locale: "ar", dir: "rtl", words });
    expect(t("remind.pauseWeek")).toBe("7 أيام");
  });

  test("take the plural form of their number", () => {
    expect([1, 2].map((n) => t("today.title", { n }))).toEqual([
      "Your 1 exercise",
      "Your 2 exercises",
    ]);
  });

  test("use the six Arabic plural forms and Arabic digits when a catalogue has them", () => {
    const forms = { zero: "z", one: "o", two: "t", few: "{n} f", many: "m", other: "x" };
    speakLanguage({ tag: "ar", locale: "ar-EG", dir: "rtl", words: { "today.title": forms } });
    expect([0, 1, 2, 3, 11, 100].map((n) => t("today.title", { n }))).toEqual([
      "z",
      "o",
      "t",
      "٣ f",
      "m",
      "x",
    ]);
  });

  test("keep a name in other letters in one piece", () => {
    expect(t("plan.title", { name: "Rosa" })).toBe("plan.title");
    addWords(enDesk);
    expect(t("plan.title", { name: "Rosa" })).toBe("Plan for Rosa");
    expect(t("plan.title", { name: "محمد" })).toBe("Plan for \u2068محمد\u2069");
  });

  test("leave unknown places of an argument empty instead of saying undefined", () => {
    expect(t("today.start")).toBe("Start: ");
  });
});

describe("days", () => {
  test("are named from today", () => {
    const named = [0, 1, 2, 6, 7].map((ago) => sayDay(dayAfter("2025-11-17", -ago), "2025-11-17"));
    expect(named).toEqual(["today", "yesterday", "Saturday", "Tuesday", "10 Nov"]);
  });

  test("do not move with the reader's zone", () => {
    expect(daysBetween("2025-03-29", "2025-03-31")).toBe(2);
    expect(dayAfter("2025-10-25", 2)).toBe("2025-10-27");
    expect(dayOf(Date.UTC(2025, 10, 16, 22, 30) / 1000, 120)).toBe("2025-11-17");
    expect(sayTimeThere(Date.UTC(2025, 10, 16, 22, 30) / 1000, 120)).toMatch(/^0?0:30$/);
  });
});

test("a name that stands as a heading begins where the page begins, in whatever letters", () => {
  const turned = /<h[1-6][^>]* dir="auto"|class="strong" dir="auto"/;
  const found = readdirSync(SOURCES, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".tsx"))
    .filter((name) => turned.test(readFileSync(join(SOURCES, name), "utf8")));
  expect(found).toEqual([]);
});

test("a sentence of the catalogue has the page's direction, whatever name it begins with", () => {
  const found = readdirSync(SOURCES, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".tsx"))
    .filter((name) => /dir="auto"[^>]*>\s*\{t\(/.test(readFileSync(join(SOURCES, name), "utf8")));
  expect(found).toEqual([]);
});
