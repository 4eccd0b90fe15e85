/**
 * Education cards: what a person with pain is told, one a week, in own words.
 *
 * The words are in the catalogues (`card.<id>.…`, `words/en-cards.ts`): a title, at most five short
 * lines, a question and its answers. No clinician has signed them yet; the screen says so.
 *
 * Sources: topics as in courses of exercise and education such as ESCAPE-pain (Hurley and others,
 * Arthritis Rheum 2007;57:1211); each card names what its advice rests on.
 */

export const CARD_IDS = [
  "pain",
  "pacing",
  "goals",
  "flare",
  "sleep",
  "activity",
  "mood",
  "medicines",
  "tools",
  "relapse",
  "family",
  "after",
] as const;

export type CardId = (typeof CARD_IDS)[number];
export type AnswerId = "a" | "b" | "c";

export interface EducationCard {
  readonly id: CardId;
  /** How many lines it has, 1 to 5. */
  readonly lines: 4 | 5;
  readonly answers: readonly AnswerId[];
  /** What it rests on, as a reader can look it up. */
  readonly source: string;
  /** Id of its recording, for voices that are put beside the words. */
  readonly audio: string;
  /** Who of the clinicians has signed these words, and when; "" = nobody yet. */
  readonly reviewed: string;
}

const WHO = "WHO guideline, chronic low back pain, 2023";
const ESCAPE = "ESCAPE-pain, Hurley et al., 2007";
const THREE: readonly AnswerId[] = ["a", "b", "c"];

function card(id: CardId, source: string, more: Partial<EducationCard> = {}): EducationCard {
  return { id, lines: 4, answers: THREE, source, audio: `card-${id}`, reviewed: "", ...more };
}

export const CARDS: readonly EducationCard[] = [
  card("pain", WHO),
  card("pacing", ESCAPE),
  card("goals", ESCAPE),
  card("flare", ESCAPE, { lines: 5 }),
  card("sleep", ESCAPE),
  card("activity", "Cochrane, exercise for osteoarthritis of the knee, 2015"),
  card("mood", WHO),
  card("medicines", WHO, { answers: ["a", "b"] }),
  card("tools", ESCAPE),
  card("relapse", "Henry et al., Phys Ther 1999;79:270"),
  card("family", ESCAPE),
  card("after", ESCAPE),
];

/** A card that this version knows. */
export function cardOf(id: string): EducationCard | undefined {
  return CARDS.find((each) => each.id === id);
}
