/**
 * The one way from a word id to text: catalogue, plural rule, numbers and dates of the language.
 *
 * A catalogue holds text or the plural forms of a text. `{name}` is replaced by the argument of
 * that name, numbers in the digits of the language. `*text*` marks strong words; see `Words`.
 */
import { en } from "./en";
import type { enAlarms } from "./en-alarms";
import type { enCards } from "./en-cards";
import type { enCare } from "./en-care";
import type { enClinic } from "./en-clinic";
import type { enCopy } from "./en-copy";
import type { enDays } from "./en-days";
import type { enDesk } from "./en-desk";
import type { enHanded } from "./en-handed";
import type { enInstall } from "./en-install";
import type { enLock } from "./en-lock";
import type { enMembers } from "./en-members";
import type { enMore } from "./en-more";
import type { enPlan } from "./en-plan";
import type { enRecord } from "./en-record";
import type { enReminders } from "./en-reminders";
import type { enSafeDesk } from "./en-safe-desk";
import type { enSafety } from "./en-safety";
import type { enSending } from "./en-sending";
import type { enTold } from "./en-told";

export type WordId =
  | keyof typeof en
  | keyof typeof enAlarms
  | keyof typeof enCards
  | keyof typeof enCare
  | keyof typeof enClinic
  | keyof typeof enCopy
  | keyof typeof enDays
  | keyof typeof enDesk
  | keyof typeof enHanded
  | keyof typeof enInstall
  | keyof typeof enLock
  | keyof typeof enMembers
  | keyof typeof enMore
  | keyof typeof enPlan
  | keyof typeof enRecord
  | keyof typeof enSafeDesk
  | keyof typeof enSafety
  | keyof typeof enReminders
  | keyof typeof enSending
  | keyof typeof enTold;
/** A text, or its plural forms by category. */
export type Text = string | Readonly<Record<string, string>>;
/** Words by id; the part of a room comes with the room. */
export type Catalogue = Readonly<Partial<Record<WordId, Text>>>;
export type Args = Readonly<Record<string, string | number>>;

/** Words that come after the first screen: of the check, of messages and cards, and of all else. */
export type Piece = "safety" | "care" | "rest";

/** A language as the screens need it: its tag, its direction and its words. */
export interface Language {
  readonly tag: string;
  /** The regional form for numbers, days and times. */
  readonly locale: string;
  readonly dir: "ltr" | "rtl";
  readonly words: Catalogue;
  /** Fetches the words that are apart. */
  readonly more?: (piece: Piece) => Promise<Catalogue>;
}

/** English; days and times as the region of the first English the person reads. */
export function english(read: readonly string[]): Language {
  const locale = read.find((each) => each.startsWith("en")) ?? "en-GB";
  return { tag: "en", locale, dir: "ltr", words: en };
}

/** The tag of the language that this phone was told to speak, or that its reader reads first. */
export function wantedLanguage([first = "en"]: readonly string[]): string {
  let kept: string | null = null;
  try {
    kept = localStorage.getItem("language");
  } catch {
    // Storage is closed to this page: then nobody has told it anything.
  }
  return kept ?? first.slice(0, 2);
}

let language = english([]);
let plural = new Intl.PluralRules(language.tag);
let digits = new Intl.NumberFormat(language.locale);

/** Speaks `next` from now on; call before the first render. */
export function speakLanguage(next: Language): void {
  language = next;
  plural = new Intl.PluralRules(next.tag);
  digits = new Intl.NumberFormat(next.locale);
}

/** Adds the English words of a room; those of the language that is spoken stay before them. */
export function addWords(part: Catalogue): void {
  language = { ...language, words: { ...part, ...language.words } };
}

/** Promise that the words beyond the patient's first are there, as far as they can be fetched. */
export async function moreWords(piece: Piece = "rest"): Promise<void> {
  const part = await language.more?.(piece).catch(() => undefined);
  language = { ...language, words: { ...language.words, ...part } };
}

export function languageTag(): string {
  return language.tag;
}

/** The regional form for days and times. */
export function locale(): string {
  return language.locale;
}

export function direction(): "ltr" | "rtl" {
  return language.dir;
}

export function number(value: number): string {
  return digits.format(value);
}

/** The text of `id`; the plural form is chosen by the argument `n`. */
export function t(id: WordId, args: Args = {}): string {
  const entry = rawText(id);
  const form = typeof entry === "string" ? entry : pluralForm(entry, Number(args.n ?? 0));
  return ownDigits(form).replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = args[name];
    return typeof value === "number" ? number(value) : isolate(value ?? "");
  });
}

/** Numbers that a translator wrote, in the same digits as those that the app puts in. */
function ownDigits(text: string): string {
  return number(1) === "1" ? text : text.replace(/\b\d+\b/g, (digit) => number(Number(digit)));
}

/** A text as it stands in the catalogue, or its plural forms. */
export function rawText(id: WordId): Text {
  return language.words[id] ?? id;
}

function pluralForm(forms: Readonly<Record<string, string>>, n: number): string {
  return forms[plural.select(n)] ?? forms.other ?? "";
}

const RTL_LETTERS = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]/;
const LTR_LETTERS = /[A-Za-z\u00c0-\u024f]/;

/** A name written in the other direction stays one piece (Unicode isolates U+2068, U+2069). */
export function isolate(text: string): string {
  const foreign = language.dir === "ltr" ? RTL_LETTERS : LTR_LETTERS;
  return foreign.test(text) ? `\u2068${text}\u2069` : text;
}
