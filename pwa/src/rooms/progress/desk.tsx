/** How it goes, for the therapist: the numbers that the person sees, and the cards that were read. */
import "../../ui/styles/progress.css";
import type { Care, Client } from "../../client";
import { cardOf } from "../../library/cards";
import { addWords, t } from "../../words";
import { enCards } from "../../words/en-cards";
import { enCare } from "../../words/en-care";
import { answersIn } from "../lessons/weeks";
import { answerText, titleOf } from "../lessons/words";
import { goalName } from "./goals";
import { DaysRing, PainRules, painSays, pegSays } from "./pictures";
import { goalsOf } from "./reading";

addWords(enCare);
addWords(enCards);

export function ProgressCard({ client, care }: { client: Client; care: Care }) {
  const goals = goalsOf(care);
  const weekly = pegSays(care, client.today.value);
  const answers = [...answersIn(care).values()].reverse();
  return (
    <>
      <section class="card" data-testid="progress-card">
        <h2>{t("better.deskTitle")}</h2>
        <p>{painSays(care, true)}</p>
        <PainRules care={care} />
        {weekly !== "" && (
          <>
            <h3>{t("better.pegTitle")}</h3>
            <p data-testid="peg-says">{weekly}</p>
          </>
        )}
        {goals.length > 0 && <h3>{t("better.deskGoals")}</h3>}
        <ul class="list">
          {goals.map(({ goal, first, last }) => (
            <li class="row wrap pad0" key={goal.id} data-testid="goal-line">
              <span class="grow">
                <bdi>{goalName(goal.value)}</bdi>
              </span>
              {first !== undefined && last !== undefined && (
                <span class="num soft">{t("better.goalLabel", { first, last })}</span>
              )}
            </li>
          ))}
        </ul>
        {answers.length > 0 && <h3>{t("cards.told")}</h3>}
        <ul class="list">
          {answers.map(({ value }) => {
            const card = cardOf(value.card);
            return (
              card && (
                <li class="row wrap pad0" key={card.id} data-testid="card-line">
                  <span class="grow">{titleOf(card)}</span>
                  <span class="soft">{answerText(card, value.answer)}</span>
                </li>
              )
            );
          })}
        </ul>
      </section>
      <DaysRing client={client} care={care} isDesk />
    </>
  );
}
