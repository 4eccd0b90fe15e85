/** Good to know: one card a week with one question; earlier ones stay readable. */
import "../../ui/styles/answers.css";
import "../../ui/styles/progress.css";
import { useSignal } from "@preact/signals";
import type { Care, Client } from "../../client";
import { cardOf, type EducationCard } from "../../library/cards";
import { Empty } from "../../ui/empty";
import { Icon } from "../../ui/icon";
import { Page } from "../../ui/page";
import { Banner } from "../../ui/parts";
import { go, route } from "../../ui/route";
import { addWords, t } from "../../words";
import { enCards } from "../../words/en-cards";
import { enCare } from "../../words/en-care";
import { otherName } from "../messages/thread";
import { answersIn, weeksOf } from "./weeks";
import { answerText, linesOf, questionOf, titleOf } from "./words";

addWords(enCare);
addWords(enCards);

interface LessonsProps {
  readonly client: Client;
  readonly care: Care;
}

export function Lessons({ client, care }: LessonsProps) {
  const here = route.value;
  const card = here.room === "cards" && here.card ? cardOf(here.card) : undefined;
  if (card) return <Card key={card.id} client={client} care={care} card={card} />;
  return <List key="cards" client={client} care={care} />;
}

function List({ client, care }: LessonsProps) {
  const plan = care.plans.value.at(-1)?.value;
  const { now, before } = plan ? weeksOf(plan, client.today.value) : { now: undefined, before: [] };
  const answers = answersIn(care);
  const row = (card: EducationCard) => {
    const answered = answers.get(card.id);
    return (
      <li key={card.id}>
        <button
          type="button"
          class="row pad link-row"
          data-testid={`card-${card.id}`}
          onClick={() => go({ room: "cards", card: card.id })}
        >
          <Icon name={answered ? "check" : "listen"} />
          <span class="grow">
            <strong>{titleOf(card)}</strong>
            {answered && (
              <span class="soft small below">
                {t("cards.done", { answer: answerText(card, answered.value.answer) })}
              </span>
            )}
          </span>
          <Icon name="next" />
        </button>
      </li>
    );
  };
  return (
    <Page canGoBack testid="cards">
      <h1>{t("cards.title")}</h1>
      {!now && before.length === 0 && (
        <Empty icon="listen" title={t("cards.none")}>
          <p class="soft">{t("cards.noneBody", { name: otherName(care) })}</p>
        </Empty>
      )}
      {now && (
        <>
          <h2>{t("cards.now")}</h2>
          <ul class="card list">{row(now)}</ul>
        </>
      )}
      {before.length > 0 && (
        <>
          <h2>{t("cards.before")}</h2>
          <ul class="card list">{before.map(row)}</ul>
        </>
      )}
    </Page>
  );
}

function Card({ client, care, card }: LessonsProps & { card: EducationCard }) {
  const failed = useSignal(false);
  const busy = useSignal(false);
  const answered = answersIn(care).get(card.id)?.value.answer;
  const answer = async (said: string) => {
    if (busy.peek()) return;
    busy.value = true;
    failed.value = false;
    const performed_at = Math.floor(Date.now() / 1000);
    const day = client.today.peek();
    try {
      await client.write(care.circle, {
        type: "lesson",
        card: card.id,
        day,
        performed_at,
        answer: said,
      });
    } catch {
      failed.value = true;
    }
    busy.value = false;
  };
  return (
    <Page canGoBack testid="card">
      <h1>{titleOf(card)}</h1>
      {linesOf(card).map((line) => (
        <p class="big-line">{line}</p>
      ))}
      <fieldset class="answers card">
        <legend class="strong say">{questionOf(card)}</legend>
        {card.answers.map((id) => (
          <button
            type="button"
            class="btn wide big-ans"
            data-testid={`answer-${id}`}
            aria-pressed={answered === id}
            onClick={() => void answer(id)}
          >
            {answerText(card, id)}
          </button>
        ))}
      </fieldset>
      <div role="alert">
        {failed.value && (
          <Banner icon="alert" tone="bad" testid="save-failed">
            <p>{t("log.failed")}</p>
          </Banner>
        )}
      </div>
      <div role="status">
        {answered !== undefined && (
          <p class="soft" data-testid="card-thanks">
            {t("cards.thanks", { name: otherName(care) })}
          </p>
        )}
      </div>
      {card.reviewed === "" && (
        <p class="soft small" data-testid="card-draft">
          {t("cards.draft")}
        </p>
      )}
      <p class="soft small">{t("cards.source", { source: card.source })}</p>
    </Page>
  );
}
