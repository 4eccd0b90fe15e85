/** Every language has every word, with its places, in forms that its grammar has. */
import { readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { LANGUAGES } from "../../src/words/languages";
import { type Compiled, compile, ENGLISH, readCatalogue } from "../../tools/catalogue.ts";

const FOLDER = new URL("../../src/words/", import.meta.url).pathname;
const TAGS = readdirSync(FOLDER)
  .filter((name) => name.endsWith(".icu"))
  .map((name) => name.slice(0, -".icu".length));
const ENGLISH_WORDS = Object.assign({}, ...Object.values(ENGLISH)) as Record<string, Compiled>;
/** Texts that may be the same in another language: places alone, names, and words that are shared. */
const SHARED =
  /^(exercise\.place|clock\.minutes|day\.moment|today\.noteFrom|members\.asksWho|patient\.reasonOf|bring\.when|dose\.(reps|seconds|minutes)|plan\.(seconds|minutes|kilograms))$/;
const SAME: Readonly<Record<string, readonly string[]>> = {
  es: ["check.no", "lock.no", "patient.plan", "card.medicines.a"],
  fr: ["lock.minutes", "today.messages"],
};

const formsOf = (text: Compiled) => (typeof text === "string" ? [text] : Object.values(text));
const placesOf = (text: Compiled) =>
  [...new Set(formsOf(text).flatMap((form) => form.match(/\{\w+\}/g) ?? []))].sort();

test("every language that can be chosen has a catalogue, and the other way round", () => {
  const chosen = LANGUAGES.map(({ tag }) => tag).filter((tag) => tag !== "en");
  expect(chosen.sort()).toEqual([...TAGS].sort());
});

describe.each(TAGS)("the catalogue %s", (tag) => {
  const words = readCatalogue(`${FOLDER}${tag}.icu`, tag);

  test("has exactly the English words", () => {
    expect(Object.keys(words).sort()).toEqual(Object.keys(ENGLISH_WORDS).sort());
  });

  test("keeps the places and the strong words of each text", () => {
    const strong = (text: Compiled) =>
      formsOf(text).every((form) => form.split("*").length % 2 === 1);
    for (const [id, english] of Object.entries(ENGLISH_WORDS)) {
      const own = words[id] ?? "";
      const isCounted = typeof english !== "string";
      const places = (text: Compiled) =>
        placesOf(text).filter((each) => !isCounted || each !== "{n}");
      expect([id, places(own)]).toEqual([id, places(english)]);
      expect([id, strong(own)]).toEqual([id, true]);
      expect([id, formsOf(own).some((form) => form.includes("*"))]).toEqual([
        id,
        formsOf(english).some((form) => form.includes("*")),
      ]);
    }
  });

  test("has no English text left", () => {
    const same = Object.entries(ENGLISH_WORDS)
      .filter(([id, english]) => JSON.stringify(words[id]) === JSON.stringify(english))
      .map(([id]) => id)
      .filter((id) => !SHARED.test(id) && !(SAME[tag] ?? []).includes(id));
    expect(same).toEqual([]);
  });
});

describe("a message", () => {
  test("is compiled to the forms of its language", () => {
    expect(compile("en", "{n, plural, one {# day} other {# days}}")).toEqual({
      one: "{n} day",
      other: "{n} days",
    });
    expect(compile("es", "Para {name}")).toBe("Para {name}");
  });

  test("in French keeps its signs on the line of the word", () => {
    expect(compile("fr", "« Oui » ?")).toBe("«\u00a0Oui\u00a0»\u00a0?");
    expect(compile("es", "«Sí» ?")).toBe("«Sí» ?");
  });

  test.each([
    ["ar", "{n, plural, one {#} other {#}}", "expected the plural forms"],
    ["en", "{n, plural, one {#} few {#} other {#}}", "expected the plural forms"],
    ["en", "There are {n, plural, one {#} other {#}}", "words beside it"],
    ["en", "{n, number}", "only texts"],
    ["en", "{who, select, me {I} other {they}}", "only texts"],
    ["en", "{n", "EXPECT_ARGUMENT_CLOSING_BRACE"],
  ])("in %s like %s is refused", (tag, message, why) => {
    expect(() => compile(tag, message)).toThrow(why);
  });
});
