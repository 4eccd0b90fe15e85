/** Whoever comes with a browser that can not run the app reads why, in their language. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { LANGUAGES } from "../../src/words/languages";
import { openingLines, plainPage } from "../../tools/plain.ts";

const MANIFEST = new URL("../../public/manifest.webmanifest", import.meta.url).pathname;
const TAGS = LANGUAGES.map(({ tag }) => tag).sort();
const SECTION = /<section id="(\w+)" lang="(\w+)" dir="(\w+)">(.*?)<\/section>/gs;
const LINE = /<a href="\/plain\.html#(\w+)" lang="(\w+)" dir="\w+">([^<]+)<\/a>/g;

test("the page says it in every language of the app, and runs nothing", () => {
  const sections = [...plainPage().matchAll(SECTION)];
  expect(sections.map(([, id]) => id).sort()).toEqual(TAGS);
  for (const [, id, lang, dir, text] of sections) {
    expect([id, dir]).toEqual([lang, lang === "ar" ? "rtl" : "ltr"]);
    expect(text).toMatch(/Chrome.*Firefox.*Safari/s);
  }
  expect(new Set(sections.map(([, , , , text]) => text)).size).toBe(TAGS.length);
  expect(plainPage()).not.toMatch(/<script|<style| on\w+=/);
});

test("each line that leads there leads to its own language", () => {
  const lines = [...openingLines().matchAll(LINE)];
  expect(lines.map(([, target]) => target).sort()).toEqual(TAGS);
  for (const [, target, lang] of lines) expect(target).toBe(lang);
  const { name } = JSON.parse(readFileSync(MANIFEST, "utf8")) as { name: string };
  expect(openingLines()).toContain(`<p>${name}</p>`);
});
