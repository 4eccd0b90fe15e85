/**
 * The plain page: what a browser shows that can not run the app, in every language, without a script.
 *
 * It is written at build from the catalogues. Its address stands in `index.html` where the app will
 * be, and is seen when nothing has taken its place after a while; the app itself leads there when
 * the browser lacks what it keeps records with.
 */
import { readFileSync } from "node:fs";
import type { Plugin } from "vite";
import { enPage } from "../src/words/en-page.ts";
import { readCatalogue } from "./catalogue.ts";

type PageWord = keyof typeof enPage;
type PageWords = Readonly<Record<PageWord, string>>;

const TAGS = ["en", "es", "fr", "pt", "sw", "hi", "ar"] as const;
const WORDS = new URL("../src/words/", import.meta.url).pathname;
const STYLE = new URL("./plain.css", import.meta.url).pathname;

function wordsOf(tag: string): PageWords {
  return tag === "en" ? enPage : (readCatalogue(`${WORDS}${tag}.icu`, tag) as PageWords);
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (letter) => `&#${letter.charCodeAt(0)};`);
}

const direction = (tag: string) => (tag === "ar" ? "rtl" : "ltr");

function section(tag: string): string {
  const words = wordsOf(tag);
  const line = (id: PageWord, name = "p") => `<${name}>${escaped(words[id])}</${name}>`;
  return [
    `<section id="${tag}" lang="${tag}" dir="${direction(tag)}">`,
    line("page.title", "h2"),
    line("page.why"),
    line("page.how"),
    line("page.paper"),
    "</section>",
  ].join("");
}

/** The page. */
export function plainPage(): string {
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8" />',
    '<meta name="viewport" content="width=device-width, initial-scale=1" />',
    '<meta name="robots" content="noindex" /><title>My routine</title>',
    '<link rel="stylesheet" href="/plain.css" /></head><body><main>',
    ...TAGS.map(section),
    "</main></body></html>\n",
  ].join("\n");
}

/** The app's name, as in the manifest; it says nothing about its owner. */
const NAME = "My routine";

/** What stands where the app will be: its name, then one line per language that leads to the page. */
export function openingLines(): string {
  const lines = TAGS.map(
    (tag) =>
      `<a href="/plain.html#${tag}" lang="${tag}" dir="${direction(tag)}">${escaped(wordsOf(tag)["page.opening"])}</a>`,
  );
  return `<div class="opening"><p>${NAME}</p><nav>${lines.join("")}</nav></div>`;
}

/** Writes the page, and the lines that lead to it. */
export function plain(): Plugin {
  return {
    name: "plain",
    transformIndexHtml: (html) =>
      html.replace('<div id="app"></div>', () => `<div id="app">${openingLines()}</div>`),
    generateBundle() {
      this.emitFile({ type: "asset", fileName: "plain.html", source: plainPage() });
      this.emitFile({ type: "asset", fileName: "plain.css", source: readFileSync(STYLE, "utf8") });
    },
  };
}
