/** Every exercise has a name and its lines in every language of the app. */
import { readFileSync } from "node:fs";
import { afterEach, describe, expect, test } from "vitest";
import { exerciseName } from "../../src/library";
import { NAMES } from "../../src/library/names.en";
import { STEPS, textOf } from "../../src/library/steps.en";
import { fetchTexts, type Texts } from "../../src/library/texts";
import { LANGUAGES } from "../../src/words/languages";

const FOLDER = new URL("../../src/library/", import.meta.url).pathname;
const TAGS = LANGUAGES.map(({ tag }) => tag).filter((tag) => tag !== "en");
const WORDS_MAX = 15;

afterEach(() => fetchTexts("en"));

describe.each(TAGS)("the texts of %s", (tag) => {
  const texts: Texts = JSON.parse(readFileSync(`${FOLDER}${tag}.texts.json`, "utf8"));

  test("are of every exercise, line for line", () => {
    const lines = Object.entries(texts).map(([id, [, ...steps]]) => [id, steps.length]);
    expect(lines).toEqual(Object.entries(STEPS).map(([id, steps]) => [id, steps.length]));
  });

  test("are no English, and tell exercises apart", () => {
    const names = Object.values(texts).map(([name]) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const [id, [name, ...lines]] of Object.entries(texts)) {
      expect([id, name]).not.toEqual([id, NAMES[id]]);
      for (const line of lines) expect(STEPS[id]).not.toContain(line);
    }
  });

  test("are short lines", () => {
    const long = Object.values(texts)
      .flat()
      .filter((line) => line.split(" ").length > WORDS_MAX);
    expect(long).toEqual([]);
  });
});

test("the language that was fetched is spoken, and English where there is none", async () => {
  expect(exerciseName("kn05")).toBe("Sit to stand");
  await fetchTexts("pt");
  expect(exerciseName("kn05")).toBe("Sentar e levantar");
  expect(textOf("kn05")).toMatchObject({ id: "kn05.steps.pt.1", state: "not_approved" });
  expect(textOf("kn05")?.lines[0]).toContain("cadeira");
  expect(exerciseName("zz99")).toBe("zz99");
  await fetchTexts("xx");
  expect(exerciseName("kn05")).toBe("Sit to stand");
});
