/**
 * Catalogues of the languages: read, checked against the English words, and compiled at build.
 *
 * `src/words/<tag>.icu` is JSON: `words`, by the ids of the English ones, in ICU MessageFormat of
 * which texts, arguments and one plural are used. A catalogue is given to the app in four pieces:
 * `<tag>.icu?patient` with the words of the patient's rooms, a list in the order of the English ones;
 * by their ids `<tag>.icu?safety` with those of the check for danger signs, `<tag>.icu?care` with those
 * of messages and cards, and `<tag>.icu?rest` with the others. `words/index.ts` only looks their forms
 * up.
 *
 * Source: ICU MessageFormat, "Plural Argument"; CLDR plural rules, as the runtime has them.
 */
import { readFileSync } from "node:fs";
import {
  isPluralElement,
  type MessageFormatElement,
  parse,
  TYPE,
} from "@formatjs/icu-messageformat-parser";
import type { Plugin } from "vite";
import { enAlarms } from "../src/words/en-alarms.ts";
import { enCards } from "../src/words/en-cards.ts";
import { enCare } from "../src/words/en-care.ts";
import { enDays } from "../src/words/en-days.ts";
import { enHanded } from "../src/words/en-handed.ts";
import { enPage } from "../src/words/en-page.ts";
import { enSafety } from "../src/words/en-safety.ts";
import { enTold } from "../src/words/en-told.ts";
import { patientWords } from "../src/words/patient-words.ts";
import { restWords } from "../src/words/rest-words.ts";

/** Text, or its plural forms by category. */
export type Compiled = string | Readonly<Record<string, string>>;

type Part = "patient" | "safety" | "care" | "rest" | "page";

/**
 * The English words that a patient's phone needs, those of the check, of messages and cards, all
 * others of the app, and those of the page for browsers that can not run it (`plain.ts`).
 */
export const ENGLISH: Readonly<Record<Part, Readonly<Record<string, Compiled>>>> = {
  patient: patientWords,
  safety: { ...enSafety, ...enAlarms },
  care: { ...enCare, ...enCards, ...enDays, ...enHanded, ...enTold },
  rest: restWords,
  page: enPage,
};

/** Greatest number that a text counts, as far as its grammar goes. */
const COUNTED_MAX = 1_000;

const NAME = /\.icu\?(patient|safety|care|rest)$/;

/**
 * Compile one message of a language.
 *
 * @throws Error It has another construct than texts, arguments and one plural around all of it; its
 *   plural lacks a category of the language.
 */
export function compile(tag: string, message: string): Compiled {
  const elements = parse(bound(tag, message), { ignoreTag: true, requiresOtherClause: true });
  const plural = elements.find(isPluralElement);
  if (plural === undefined) return textOf(elements, "");
  if (elements.length > 1) throw new Error(`a plural has words beside it: ${message}`);
  const needed = categories(tag);
  const given = new Set(Object.keys(plural.options));
  if (needed.size !== given.size || ![...needed].every((category) => given.has(category))) {
    throw new Error(`expected the plural forms ${[...needed].join(", ")}: ${message}`);
  }
  const forms = Object.entries(plural.options).map(
    ([category, { value }]) => [category, textOf(value, plural.value)] as const,
  );
  return Object.fromEntries(forms);
}

/** French has a space before some signs, at which no line may end. */
function bound(tag: string, message: string): string {
  if (tag !== "fr") return message;
  return message.replace(/ (?=[?!:;»])/g, "\u00a0").replace(/« /g, "«\u00a0");
}

/** The plural forms that numbers people meet here have: millions are not among them. */
function categories(tag: string): Set<string> {
  const rules = new Intl.PluralRules(tag);
  const met = Array.from({ length: COUNTED_MAX + 1 }, (_, n) => rules.select(n));
  return new Set([...met, "other"]);
}

function textOf(elements: readonly MessageFormatElement[], counted: string): string {
  return elements.map((element) => pieceOf(element, counted)).join("");
}

function pieceOf(element: MessageFormatElement, counted: string): string {
  if (element.type === TYPE.literal) return element.value;
  if (element.type === TYPE.argument) return `{${element.value}}`;
  if (element.type === TYPE.pound) return `{${counted}}`;
  throw new Error(`only texts, arguments and a plural are used, not element ${element.type}`);
}

/**
 * Read and compile the catalogue of a language.
 *
 * @param path Its file.
 * @throws Error A message does not compile; the id is named.
 */
export function readCatalogue(path: string, tag: string): Record<string, Compiled> {
  const { words } = JSON.parse(readFileSync(path, "utf8")) as {
    readonly words: Readonly<Record<string, string>>;
  };
  return Object.fromEntries(
    Object.entries(words).map(([id, message]) => {
      try {
        return [id, compile(tag, message)];
      } catch (error) {
        throw new Error(`${tag}, ${id}: ${(error as Error).message}`);
      }
    }),
  );
}

/** Gives the app the compiled pieces of catalogues. */
export function catalogues(): Plugin {
  return {
    name: "catalogues",
    enforce: "pre",
    load(id) {
      const part = NAME.exec(id)?.[1] as Part | undefined;
      if (part === undefined) return undefined;
      const path = id.slice(0, id.lastIndexOf("?"));
      this.addWatchFile(path);
      const tag = /(\w+)\.icu$/.exec(path)?.[1] ?? "";
      const words = readCatalogue(path, tag);
      const ids = Object.keys(ENGLISH[part]);
      // The first words come without ids, which the app has already, in the order of the English ones.
      const texts =
        part === "patient"
          ? ids.map((word) => words[word] ?? 0)
          : Object.fromEntries(ids.flatMap((word) => (words[word] ? [[word, words[word]]] : [])));
      const code = `export default ${JSON.stringify(texts)};`;
      return { code, moduleType: "js", map: null };
    },
  };
}
