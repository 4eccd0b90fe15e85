/**
 * What one wants to do again, in one's own words or voice, and how well it goes: the Patient-Specific
 * Functional Scale, 0 cannot do it, to 10 as well as before.
 *
 * Source: Stratford and others, Physiotherapy Canada 1995;47:258. Free to use.
 */
import { useSignal } from "@preact/signals";
import type { Care, Client } from "../../client";
import type { Recording } from "../../media";
import type { Goal } from "../../records.gen";
import { Field } from "../../ui/field";
import { Icon } from "../../ui/icon";
import { Page } from "../../ui/page";
import { Banner } from "../../ui/parts";
import { back, swap } from "../../ui/route";
import { t } from "../../words";
import { useMedia } from "../messages/media";
import { Speaker, type Speaking } from "../messages/speak";
import { SkipButton } from "../patient/log";
import { goalsOf } from "./reading";
import { Scores } from "./scores";

/** More would not be asked after with care. */
export const GOALS_MAX = 5;
const LETTERS_MAX = 120;

interface GoalProps {
  readonly client: Client;
  readonly care: Care;
}

export function goalName(goal: Goal): string {
  return goal.activity ?? t("better.goalSpoken");
}

function Failed({ isShown }: { isShown: boolean }) {
  return (
    <div role="alert">
      {isShown && (
        <Banner icon="alert" tone="bad" testid="save-failed">
          <p>{t("log.failed")}</p>
        </Banner>
      )}
    </div>
  );
}

/** Name one thing, by voice or in writing; then say how it goes today. */
export function NewGoal({ client, care }: GoalProps) {
  const media = useMedia(client, care);
  const speaking = useSignal<Speaking>({ at: "rest" });
  const text = useSignal("");
  const failed = useSignal(false);
  const day = client.today.value;
  const scoreIt = (goal: string) => swap({ room: "better", step: { at: "score", goal } });
  const keep = async (event: Event) => {
    event.preventDefault();
    const activity = text.peek().trim();
    if (activity === "") return;
    failed.value = false;
    try {
      scoreIt(await client.write(care.circle, { type: "goal", day, activity }));
    } catch {
      failed.value = true;
    }
  };
  const speak = async (recording: Recording) => {
    if (media) scoreIt(await media.say({ type: "goal", day }, recording));
  };
  return (
    <Page
      canGoBack
      testid="goal-new"
      foot={<Speaker care={care} state={speaking} send={media && speak} />}
    >
      <h1>{t("better.goalAsk")}</h1>
      <p class="soft">{t("better.goalHint")}</p>
      <Failed isShown={failed.value} />
      <form class="stack" onSubmit={(event) => void keep(event)}>
        <Field id="goal-text" label={t("msg.write")} value={text} max={LETTERS_MAX} />
        <button
          type="submit"
          class="btn wide"
          data-testid="goal-keep"
          aria-disabled={text.value.trim() === ""}
        >
          <Icon name="check" />
          {t("better.goalKeep")}
        </button>
      </form>
    </Page>
  );
}

/** How well it goes today. */
export function ScoreGoal({ client, care, goal }: GoalProps & { goal: string }) {
  const failed = useSignal(false);
  const busy = useSignal(false);
  const isSure = useSignal(false);
  const line = goalsOf(care).find((each) => each.goal.id === goal);
  const act = async (draft: Parameters<Client["write"]>[1]) => {
    if (busy.peek()) return;
    busy.value = true;
    failed.value = false;
    try {
      await client.write(care.circle, draft);
      back();
    } catch {
      failed.value = true;
    }
    busy.value = false;
  };
  const score = (said: number | "not_said") => {
    const performed_at = Math.floor(Date.now() / 1000);
    const day = client.today.peek();
    return act({ type: "goal_score", goal, day, performed_at, score: said });
  };
  return (
    <Page
      canGoBack
      testid="goal-score"
      foot={<SkipButton testid="score-skip" onSkip={() => void score("not_said")} />}
    >
      <p class="strong">
        <bdi>{line && goalName(line.goal.value)}</bdi>
      </p>
      <h1>{t("better.goalScore")}</h1>
      <Failed isShown={failed.value} />
      <Scores
        label={t("better.goalScore")}
        low={t("better.goalLow")}
        high={t("better.goalHigh")}
        onPick={(said) => void score(said)}
      />
      <button
        type="button"
        class="btn wide push"
        data-testid="goal-drop"
        onClick={() => {
          if (isSure.peek()) void act({ type: "void", target: goal, reason: "mistake" });
          isSure.value = true;
        }}
      >
        {t(isSure.value ? "better.goalDropYes" : "better.goalDrop")}
      </button>
    </Page>
  );
}
