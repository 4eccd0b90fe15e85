/** Another language is chosen by its own name, and is spoken from the next start on. */
import { render } from "preact";
import { afterEach, expect, test, vi } from "vitest";
import { LanguageRoom } from "../../src/rooms/language";
import { LanguageRow } from "../../src/ui/language-row";
import {
  addWords,
  english,
  languageTag,
  moreWords,
  speakLanguage,
  t,
  wantedLanguage,
} from "../../src/words";
import { enDesk } from "../../src/words/en-desk";
import { fetchLanguage, LANGUAGES } from "../../src/words/languages";
import { openPage, settled } from "./page";

const kept = new Map<string, string>();
const reload = vi.fn();
Object.assign(globalThis, {
  location: { reload, hash: "", pathname: "/", search: "" },
  localStorage: {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => kept.set(key, value),
  },
});

afterEach(() => {
  kept.clear();
  reload.mockClear();
  speakLanguage(english([]));
});

test("each language stands under its own name, and a tap keeps it and begins anew", async () => {
  const page = openPage();
  render(<LanguageRoom />, page.root as unknown as Element);
  await settled();
  for (const { name } of LANGUAGES) expect(page.text()).toContain(name);
  await page.tap("language-es");
  expect(kept.get("language")).toBe("es");
  expect(reload).toHaveBeenCalledOnce();
  expect(wantedLanguage(["fr-FR"])).toBe("es");
});

test("words that no native speaker has read are called so", async () => {
  const page = openPage();
  render(<LanguageRoom />, page.root as unknown as Element);
  await settled();
  expect(LANGUAGES.every(({ reviewed }) => reviewed === "")).toBe(true);
  expect(page.text()).toContain(t("language.unread"));
});

test("the row to the languages bears the name of the one that is spoken", async () => {
  await fetchLanguage("es", ["es-MX"]);
  const page = openPage();
  render(<LanguageRow />, page.root as unknown as Element);
  await settled();
  expect(page.text()).toBe("Español");
});

test("the reader's own language is spoken first, in the reader's region", async () => {
  expect(wantedLanguage(["es-MX", "en"])).toBe("es");
  await fetchLanguage("es", ["es-MX", "en"]);
  expect(languageTag()).toBe("es");
  expect(t("today.title", { n: 2 })).toBe("Sus 2 ejercicios");
});

test("the words of other rooms come when such a room is opened, and no English one hides them", async () => {
  await fetchLanguage("es", []);
  addWords(enDesk);
  expect(t("desk.patients")).toBe("Patients");
  await moreWords();
  expect(t("desk.patients")).toBe("Pacientes");
  addWords(enDesk);
  expect(t("desk.patients")).toBe("Pacientes");
});

test("a language that is not here leaves English", async () => {
  await fetchLanguage("xx", ["xx"]);
  expect(languageTag()).toBe("en");
});
