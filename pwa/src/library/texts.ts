/**
 * What exercises are called and how they are done, in the language of the app where it is not English:
 * `<tag>.texts.json`, by exercise its name and then its lines.
 */
export type Texts = Readonly<Record<string, readonly string[]>>;

type Load = () => Promise<{ readonly default: Texts }>;

const LANGUAGES: Readonly<Record<string, Load>> = {
  es: () => import("./es.texts.json"),
  fr: () => import("./fr.texts.json"),
  pt: () => import("./pt.texts.json"),
  sw: () => import("./sw.texts.json"),
  hi: () => import("./hi.texts.json"),
  ar: () => import("./ar.texts.json"),
};

let own: Texts = {};
let language = "en";

/** Promise that texts of this language are there, as far as they can be fetched. */
export async function fetchTexts(tag: string): Promise<void> {
  const found = await LANGUAGES[tag]?.().catch(() => undefined);
  [own, language] = found === undefined ? [{}, "en"] : [found.default, tag];
}

/** Name and lines of an exercise in the language that was fetched; undefined where only English is. */
export function ownTexts(exercise: string): readonly string[] | undefined {
  return own[exercise];
}

/** Language of the texts. */
export function textsLanguage(): string {
  return language;
}
