/** Morning pain: one tap on today, one tap here. */
import { useSignal } from "@preact/signals";
import type { PainAnswer } from "../../client";
import { PainPicker } from "../../ui/answers";
import { Page } from "../../ui/page";
import { Banner } from "../../ui/parts";
import { back } from "../../ui/route";
import { say } from "../../ui/toast";
import { WhyNotSaved } from "../../ui/why-not-saved";
import { t, type WordId } from "../../words";
import { dayAfter } from "../../words/dates";
import { lightOfDay, ruleOn, toldOf } from "../advice";
import { morningOf } from "../days";
import { SkipButton } from "./log";
import type { PatientProps } from "./today";

/** What the morning says of the session before it. */
function settledWord(care: PatientProps["care"], today: string): WordId {
  const yesterday = dayAfter(today, -1);
  const told = toldOf(care.sessions.value, care.pains.value, yesterday);
  const day = lightOfDay(told, ruleOn(care, yesterday));
  if (!day?.isFinal) return "morning.saved";
  return day.because === "morning" ? "morning.notSettled" : "morning.settled";
}

export function Morning({ client, care }: PatientProps) {
  const failed = useSignal(false);
  const today = client.today.value;
  const before = morningOf(care.pains.value, today)?.value.score;
  const busy = useSignal(false);
  const pick = async (score: PainAnswer) => {
    if (busy.peek()) return;
    busy.value = true;
    failed.value = false;
    const performed_at = Math.floor(Date.now() / 1000);
    try {
      await client.logPain(care.circle, { day: today, performed_at, context: "morning", score });
      say(t(settledWord(care, today)));
      back();
    } catch {
      failed.value = true;
    }
    busy.value = false;
  };
  return (
    <Page
      canGoBack
      testid="morning"
      foot={<SkipButton testid="pain-skip" onSkip={() => void pick("not_said")} />}
    >
      <h1>{t("morning.title")}</h1>
      <p class="soft">{t("morning.body")}</p>
      <div role="alert">
        {failed.value && (
          <Banner icon="alert" tone="bad" testid="save-failed">
            <WhyNotSaved />
          </Banner>
        )}
      </div>
      <PainPicker
        label={t("morning.title")}
        chosen={typeof before === "number" ? before : undefined}
        onPick={(score) => void pick(score)}
      />
    </Page>
  );
}
