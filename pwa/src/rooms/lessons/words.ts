/** The words of a card in the language that is spoken. */
import type { AnswerId, EducationCard } from "../../library/cards";
import { t, type WordId } from "../../words";

export function titleOf({ id }: Pick<EducationCard, "id">): string {
  return t(`card.${id}.title`);
}

export function linesOf({ id, lines }: EducationCard): readonly string[] {
  return Array.from({ length: lines }, (_, at) => t(`card.${id}.${at + 1}` as WordId));
}

export function questionOf({ id }: EducationCard): string {
  return t(`card.${id}.ask`);
}

export function answerText({ id, answers }: EducationCard, answer: string): string {
  const isKnown = answers.includes(answer as AnswerId);
  return isKnown ? t(`card.${id}.${answer}` as WordId) : t("pain.notSaid");
}
