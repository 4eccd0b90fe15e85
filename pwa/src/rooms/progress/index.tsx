/** Am I getting better? Three pictures: pain, days, and what one wants to do again. */
import "../../ui/styles/answers.css";
import "../../ui/styles/messages.css";
import "../../ui/styles/progress.css";
import type { Care, Client } from "../../client";
import type { Media } from "../../media";
import { Icon } from "../../ui/icon";
import { Page } from "../../ui/page";
import { go, route } from "../../ui/route";
import { addWords, t } from "../../words";
import { enCare } from "../../words/en-care";
import { useMedia } from "../messages/media";
import { VoiceLine } from "../messages/thread";
import { GOALS_MAX, goalName, NewGoal, ScoreGoal } from "./goals";
import { AskPeg, PEG_SOURCE } from "./peg";
import { DaysRing, Ladder, PainLine, painSays, pegSays } from "./pictures";
import { goalsOf, pegOf } from "./reading";

addWords(enCare);

export interface ProgressProps {
  readonly client: Client;
  readonly care: Care;
}

export function Progress({ client, care }: ProgressProps) {
  const here = route.value;
  const step = here.room === "better" ? here.step : undefined;
  if (step?.at === "goal") return <NewGoal key="goal" client={client} care={care} />;
  if (step?.at === "score") {
    return <ScoreGoal key={step.goal} client={client} care={care} goal={step.goal} />;
  }
  if (step?.at === "peg") {
    return <AskPeg key={`peg${step.question}`} client={client} care={care} at={step.question} />;
  }
  return (
    <Page key="better" canGoBack isWide testid="better">
      <div class="stack">
        <h1>{t("better.title")}</h1>
        <p data-testid="pain-says">{painSays(care)}</p>
      </div>
      <div class="aside">
        <PainLine client={client} care={care} />
        <DaysRing client={client} care={care} />
      </div>
      <Goals client={client} care={care} />
      <Weekly client={client} care={care} />
    </Page>
  );
}

function Goals({ client, care }: ProgressProps) {
  const goals = goalsOf(care);
  const media = useMedia(client, care);
  return (
    <section class="card thing" data-testid="goals">
      <h2>{t("better.goals")}</h2>
      {goals.length === 0 && <p class="soft">{t("better.goalsNone")}</p>}
      {goals.map((line) => (
        <div class="stack goal" key={line.goal.id} data-testid="goal">
          <h3>
            <bdi>{goalName(line.goal.value)}</bdi>
          </h3>
          <Spoken care={care} media={media} id={line.goal.id} />
          <Ladder line={line} />
          <button
            type="button"
            class="btn wide"
            data-testid="goal-now"
            onClick={() => go({ room: "better", step: { at: "score", goal: line.goal.id } })}
          >
            {t("better.goalNow")}
            <Icon name="next" />
          </button>
        </div>
      ))}
      {goals.length < GOALS_MAX && (
        <button
          type="button"
          class="btn wide"
          data-testid="goal-add"
          onClick={() => go({ room: "better", step: { at: "goal" } })}
        >
          <Icon name="plus" />
          {t("better.goalAdd")}
        </button>
      )}
    </section>
  );
}

/** The voice of a goal that was spoken. */
function Spoken({ care, media, id }: { care: Care; media: Media | undefined; id: string }) {
  const voice = media?.voices.value.get(id);
  return media && voice ? <VoiceLine care={care} media={media} id={id} voice={voice} /> : null;
}

function Weekly({ client, care }: ProgressProps) {
  const today = client.today.value;
  const { isDue } = pegOf(care, today);
  const says = pegSays(care, today);
  return (
    <section class="card" data-testid="peg">
      <h2>{t("better.pegTitle")}</h2>
      {says !== "" && <p data-testid="peg-says">{says}</p>}
      {isDue ? (
        <button
          type="button"
          class="btn wide"
          data-testid="peg-ask"
          onClick={() => go({ room: "better", step: { at: "peg", question: 0 } })}
        >
          {t("better.pegAsk")}
          <Icon name="next" />
        </button>
      ) : (
        <p class="soft">{t("better.pegDone")}</p>
      )}
      <p class="soft small">{t("peg.source", { source: PEG_SOURCE })}</p>
    </section>
  );
}
