/** The PEG scale, once a week: three questions, three taps. */
import { signal, useSignal } from "@preact/signals";
import type { Care, Client } from "../../client";
import { Page } from "../../ui/page";
import { Banner, Joints } from "../../ui/parts";
import { go, goHome } from "../../ui/route";
import { say } from "../../ui/toast";
import { t } from "../../words";
import { SkipButton } from "../patient/log";
import { Scores } from "./scores";

/** Free to use with its source. */
export const PEG_SOURCE = "PEG, Krebs EE et al., J Gen Intern Med 2009;24:733";

const QUESTIONS = ["pain", "enjoyment", "activity"] as const;
type Score = number | "not_said";

/** Answers on the way, in memory; all three are written as one record. */
const answers = signal<readonly Score[]>([]);

interface AskProps {
  readonly client: Client;
  readonly care: Care;
  readonly at: 0 | 1 | 2;
}

export function AskPeg({ client, care, at }: AskProps) {
  const failed = useSignal(false);
  const busy = useSignal(false);
  // After a restart the ones before are not known: begin again.
  const place = at <= answers.value.length ? at : 0;
  const question = QUESTIONS[place] as (typeof QUESTIONS)[number];
  const answer = async (score: Score) => {
    if (busy.peek()) return;
    const next = [...answers.peek().slice(0, place), score];
    answers.value = next;
    if (place < 2) {
      go({ room: "better", step: { at: "peg", question: (place + 1) as 1 | 2 } });
      return;
    }
    busy.value = true;
    const [pain = "not_said", enjoyment = "not_said", activity = "not_said"] = next;
    const performed_at = Math.floor(Date.now() / 1000);
    const day = client.today.peek();
    try {
      await client.write(care.circle, {
        type: "peg",
        day,
        performed_at,
        pain,
        enjoyment,
        activity,
      });
      answers.value = [];
      say(t("better.pegDone"));
      goHome();
    } catch {
      failed.value = true;
    }
    busy.value = false;
  };
  const isPain = question === "pain";
  return (
    <Page
      canGoBack
      testid={`peg-${question}`}
      foot={<SkipButton testid="peg-skip" onSkip={() => void answer("not_said")} />}
    >
      <Joints
        count={3}
        now={place}
        done={(each) => each < place}
        label={t("log.step", { at: place + 1, all: 3 })}
      />
      <h1>{t(`peg.${question}`)}</h1>
      <p class="soft">{t("peg.week")}</p>
      <div role="alert">
        {failed.value && (
          <Banner icon="alert" tone="bad" testid="save-failed">
            <p>{t("log.failed")}</p>
          </Banner>
        )}
      </div>
      <Scores
        label={t(`peg.${question}`)}
        low={t(isPain ? "peg.painLow" : "peg.low")}
        high={t(isPain ? "peg.painHigh" : "peg.high")}
        onPick={(score) => void answer(score)}
      />
    </Page>
  );
}
