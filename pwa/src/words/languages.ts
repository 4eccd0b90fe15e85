/**
 * The languages of the app: which there are, who has read them, and how their words are fetched.
 *
 * English is in the app. Of another language the patient's words come before the first screen, the
 * rest when a room is opened that has more; where a word is missing, the English one stands.
 */
import { type Catalogue, english, speakLanguage } from "./index";

/** One language that can be chosen. */
export interface Choice {
  readonly tag: string;
  /** Its name as its speakers write it. */
  readonly name: string;
  readonly dir: "ltr" | "rtl";
  /** Native speaker who has read all of it, and when; "" = nobody yet. */
  readonly reviewed: string;
}

export const LANGUAGES: readonly Choice[] = [
  { tag: "en", name: "English", dir: "ltr", reviewed: "" },
  { tag: "es", name: "Español", dir: "ltr", reviewed: "" },
];

type Piece = () => Promise<{ readonly default: Catalogue }>;

/** Words of each language but English: the patient's, and the rest. */
const PIECES: Readonly<Record<string, readonly [patient: Piece, rest: Piece]>> = {
  es: [() => import("./es.icu?patient"), () => import("./es.icu?rest")],
};

/** Speak this language from the next start on. */
export function keepLanguage(tag: string): void {
  try {
    localStorage.setItem("language", tag);
  } catch {
    // A phone that keeps nothing asks again.
  }
}

/**
 * Speak a language, with the patient's words; nothing happens for one that is not here.
 *
 * @param read What the reader of this phone reads, as the browser tells it: the region counts.
 * @throws Error Its words can not be fetched.
 */
export async function fetchLanguage(wanted: string, read: readonly string[]): Promise<void> {
  const choice = LANGUAGES.find(({ tag }) => tag === wanted);
  const [patient, rest] = PIECES[wanted] ?? [];
  if (choice === undefined || patient === undefined || rest === undefined) return;
  const { default: words } = await patient();
  const { tag, dir } = choice;
  const locale = read.find((each) => each.split("-")[0] === tag) ?? tag;
  const more = async () => (await rest()).default;
  speakLanguage({ tag, locale, dir, words: { ...english(read).words, ...words }, more });
}
