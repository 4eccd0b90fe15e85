/**
 * Something is wrong: short questions, one a screen, the most urgent first; the first yes ends them
 * with what to do. All of it is on the phone and waits for nobody.
 */
import "../../ui/styles/answers.css";
import { signal } from "@preact/signals";
import type { Care, Client } from "../../client";
import { type Answers, adviceOf, type Said } from "../../safety/outcome";
import { QUESTIONS, type Question } from "../../safety/questions";
import { Icon } from "../../ui/icon";
import type { IconName } from "../../ui/icons";
import { Page } from "../../ui/page";
import { Joints } from "../../ui/parts";
import { go, route } from "../../ui/route";
import { addWords, t, type WordId } from "../../words";
import { enMore } from "../../words/en-more";
import { enSafety } from "../../words/en-safety";
import { Signed } from "../signed";
import { keepCheck } from "./keep";
import { Help, Outcome } from "./outcome";
import { PlaceOf } from "./place";

addWords(enMore);
addWords(enSafety);

export interface CheckProps {
  /** Undefined at the door. */
  readonly client: Client | undefined;
  /** Undefined while this phone belongs to no circle: then nothing is kept. */
  readonly care: Care | undefined;
}

/** What was answered since the first question, in memory, and whose it is; the end is written. */
const answers = signal<{ readonly of: Client | undefined; readonly said: Answers }>({
  of: undefined,
  said: [],
});

export function CheckRoom({ client, care }: CheckProps) {
  const here = route.value;
  const step = here.room === "wrong" ? (here.step ?? 0) : 0;
  const said = answers.value.of === client ? answers.value.said : [];
  if (step === "call") return <Help key="call" care={care} />;
  const advice = step === "end" ? adviceOf(said) : undefined;
  if (advice) return <Outcome key="end" care={care} advice={advice} said={said} />;
  // Begun anew after a restart: what was answered before is asked again.
  const at = typeof step === "number" && step <= said.length ? step : 0;
  const question = QUESTIONS[at] as Question;
  const answer = (each: Said) => {
    const next = [...said.slice(0, at), { question: question.id, answer: each }];
    answers.value = { of: client, said: next };
    const end = adviceOf(next);
    if (end) keepCheck(client, care, next, end);
    go({ room: "wrong", step: end ? "end" : at + 1 });
  };
  return <Ask key={question.id} care={care} question={question} at={at} answer={answer} />;
}

interface AskProps {
  readonly care: Care | undefined;
  readonly question: Question;
  readonly at: number;
  readonly answer: (said: Said) => void;
}

function Ask({ care, question, at, answer }: AskProps) {
  const choice = (said: Said, word: WordId, icon: IconName) => (
    <button
      type="button"
      class="btn wide big-ans"
      data-testid={`check-${said}`}
      onClick={() => answer(said)}
    >
      <Icon name={icon} />
      {t(word)}
    </button>
  );
  return (
    <Page
      canGoBack
      help={false}
      end={<CallForHelp />}
      testid="check"
      foot={
        <>
          <div class="two-btn">
            {choice("yes", "check.yes", "check")}
            {choice("no", "check.no", "close")}
          </div>
          {choice("not_sure", "check.notSure", "unclear")}
        </>
      }
    >
      <Joints
        count={QUESTIONS.length}
        now={at}
        done={(i) => i < at}
        label={t("check.step", { at: at + 1, all: QUESTIONS.length })}
      />
      <PlaceOf question={question.id} />
      <h1 data-question={question.id} data-audio={question.audio}>
        {t(`flag.${question.id}` as WordId)}
      </h1>
      {question.hasHint && <p class="soft">{t(`flag.${question.id}.hint` as WordId)}</p>}
      <p class="soft small">{t("check.who")}</p>
      <Signed care={care} set="red-flags" />
    </Page>
  );
}

/** Where help is on every other screen. */
function CallForHelp() {
  return (
    <button
      type="button"
      class="btn help"
      data-testid="check-call"
      onClick={() => go({ room: "wrong", step: "call" })}
    >
      <Icon name="call" />
      {t("flag.help")}
    </button>
  );
}
