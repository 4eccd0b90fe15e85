/**
 * The languages of the app: which there are, who has read them, and how their words are fetched.
 *
 * English is in the app. Of another language the patient's words come before the first screen, the
 * rest when a room is opened that has more; where a word is missing, the English one stands.
 */
import {
  type Catalogue,
  english,
  type Piece,
  speakLanguage,
  type Text,
  type WordId,
} from "./index";
import { patientWords } from "./patient-words.ts";

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
  { tag: "fr", name: "Français", dir: "ltr", reviewed: "" },
  { tag: "pt", name: "Português", dir: "ltr", reviewed: "" },
  { tag: "sw", name: "Kiswahili", dir: "ltr", reviewed: "" },
  { tag: "hi", name: "हिन्दी", dir: "ltr", reviewed: "" },
  { tag: "ar", name: "العربية", dir: "rtl", reviewed: "" },
];

/** Texts in the order of the English words; 0 where one is missing. */
type Texts = readonly (0 | Text)[];
type Load<Kind> = () => Promise<{ readonly default: Kind }>;
type Pieces = readonly [
  patient: Load<Texts>,
  safety: Load<Catalogue>,
  care: Load<Catalogue>,
  rest: Load<Catalogue>,
];

/** Words of each language but English: the patient's, the check's, those of messages, and the rest. */
const PIECES: Readonly<Record<string, Pieces>> = {
  es: [
    () => import("./es.icu?patient"),
    () => import("./es.icu?safety"),
    () => import("./es.icu?care"),
    () => import("./es.icu?rest"),
  ],
  fr: [
    () => import("./fr.icu?patient"),
    () => import("./fr.icu?safety"),
    () => import("./fr.icu?care"),
    () => import("./fr.icu?rest"),
  ],
  pt: [
    () => import("./pt.icu?patient"),
    () => import("./pt.icu?safety"),
    () => import("./pt.icu?care"),
    () => import("./pt.icu?rest"),
  ],
  sw: [
    () => import("./sw.icu?patient"),
    () => import("./sw.icu?safety"),
    () => import("./sw.icu?care"),
    () => import("./sw.icu?rest"),
  ],
  hi: [
    () => import("./hi.icu?patient"),
    () => import("./hi.icu?safety"),
    () => import("./hi.icu?care"),
    () => import("./hi.icu?rest"),
  ],
  ar: [
    () => import("./ar.icu?patient"),
    () => import("./ar.icu?safety"),
    () => import("./ar.icu?care"),
    () => import("./ar.icu?rest"),
  ],
};

/**
 * The texts of a language that a clinician signs, by their ids, whatever this app speaks.
 *
 * @throws Error They can not be fetched.
 */
export async function textsOf(tag: string): Promise<(id: WordId) => Text> {
  const [{ enSafety }, { enMore }] = await Promise.all([
    import("./en-safety.ts"),
    import("./en-more.ts"),
  ]);
  const [patient, safety] = PIECES[tag] ?? [];
  const own = { ...(patient && withIds(patientWords, (await patient()).default)) };
  const words: Catalogue = {
    ...enMore,
    ...enSafety,
    ...own,
    ...(safety && (await safety()).default),
  };
  return (id) => words[id] ?? id;
}

/** Speak this language from the next start on. */
export function keepLanguage(tag: string): void {
  try {
    localStorage.setItem("language", tag);
  } catch {
    // A phone that keeps nothing asks again.
  }
}

/** The words of a language by their ids; those that are missing are left out. */
function withIds(words: Catalogue, texts: Texts): Catalogue {
  const named = Object.keys(words).map((id, at) => [id, texts[at]] as const);
  return Object.fromEntries(named.filter(([, text]) => text));
}

/**
 * Speak a language, with the patient's words; nothing happens for one that is not here.
 *
 * @param read What the reader of this phone reads, as the browser tells it: the region counts.
 * @throws Error Its words can not be fetched.
 */
export async function fetchLanguage(wanted: string, read: readonly string[]): Promise<void> {
  const choice = LANGUAGES.find(({ tag }) => tag === wanted);
  const pieces = PIECES[wanted];
  if (!choice || !pieces) return;
  const [patient, safety, care, rest] = pieces;
  const words = withIds(patientWords, (await patient()).default);
  const { tag, dir } = choice;
  const locale = read.find((each) => each.split("-")[0] === tag) ?? tag;
  const more = async (piece: Piece) => (await { safety, care, rest }[piece]()).default;
  speakLanguage({ tag, locale, dir, words: { ...english(read).words, ...words }, more });
}
