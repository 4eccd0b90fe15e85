/** When the phone does not give out its store: what that means, the exercises, and whom to call. */
import { useSignal } from "@preact/signals";
import { exerciseName } from "../../library";
import { NAMES } from "../../library/names.en";
import { textOf } from "../../library/steps.en";
import { Figure, hasFigure } from "../../ui/figure/figure";
import { Icon } from "../../ui/icon";
import { Page } from "../../ui/page";
import { Banner } from "../../ui/parts";
import { addWords, moreWords, t } from "../../words";
import { enMore } from "../../words/en-more";
import { enRecord } from "../../words/en-record";
import { enSafety } from "../../words/en-safety";
import { Help } from "../check/outcome";

/** With its words. */
export async function unopened(): Promise<typeof Unopened> {
  await Promise.all([moreWords(), moreWords("safety")]);
  addWords({ ...enMore, ...enRecord, ...enSafety });
  return Unopened;
}

function Unopened({ onBack }: { onBack: () => void }) {
  const shown = useSignal("");
  if (shown.value === "call") {
    return (
      <>
        <Help care={undefined} />
        <Back onBack={() => (shown.value = "")} />
      </>
    );
  }
  if (shown.value) return <One exercise={shown.value} onBack={() => (shown.value = "")} />;
  return (
    <Page key="unopened" help={false} testid="unopened" foot={<Back onBack={onBack} />}>
      <h1>{t("shut.title")}</h1>
      <Banner icon="lock">
        <p>{t("shut.kept")}</p>
      </Banner>
      <Banner icon="alert" tone="warn" testid="unopened-log">
        <p>{t("shut.log")}</p>
      </Banner>
      <button
        type="button"
        class="btn wide big-ans"
        data-testid="unopened-call"
        onClick={() => (shown.value = "call")}
      >
        <Icon name="wrong" />
        {t("act.help")}
      </button>
      <h2>{t("shut.exercises")}</h2>
      <p>{t("shut.only")}</p>
      <ul class="card list">
        {Object.keys(NAMES).map((exercise) => (
          <li key={exercise}>
            <button
              type="button"
              class="ex"
              data-testid={`unopened-${exercise}`}
              onClick={() => (shown.value = exercise)}
            >
              <span class="thumb">
                {hasFigure(exercise) && <Figure exercise={exercise} side="both" pose={1} />}
              </span>
              <span class="grow strong">{exerciseName(exercise)}</span>
            </button>
          </li>
        ))}
      </ul>
    </Page>
  );
}

function One({ exercise, onBack }: { exercise: string; onBack: () => void }) {
  return (
    <Page key={exercise} help={false} testid="unopened-one" foot={<Back onBack={onBack} />}>
      <h1>{exerciseName(exercise)}</h1>
      {hasFigure(exercise) && <Figure exercise={exercise} side="both" pose={1} />}
      <ol class="card steps">
        {textOf(exercise)?.lines.map((line) => (
          <li class="say">{line}</li>
        ))}
      </ol>
      <p class="soft small">{t("wrong.draft")}</p>
    </Page>
  );
}

function Back({ onBack }: { onBack: () => void }) {
  return (
    <button type="button" class="btn wide" data-testid="unopened-back" onClick={onBack}>
      {t("act.back")}
    </button>
  );
}
