/** Letting in a phone beside this one, without a network: look at its code, then show the answer. */
import { useSignal } from "@preact/signals";
import type { Admission, Members, Place } from "../../members";
import { CodeText } from "../../ui/code-text";
import { Page } from "../../ui/page";
import { Banner } from "../../ui/parts";
import { Scan } from "../../ui/scan";
import { SquareCode } from "../../ui/square-code";
import { t } from "../../words";

export function LetInBeside({ members, place }: { members: Members; place: Place }) {
  const done = useSignal<Admission | undefined>(undefined);
  const isRefused = useSignal(false);
  const take = async (text: string) => {
    isRefused.value = false;
    try {
      done.value = await members.admit(text, place);
      return true;
    } catch (error) {
      const { code } = error as { code?: unknown };
      const isOtherCode = code === "schema" || code === "b64" || code === "canon";
      isRefused.value = !isOtherCode;
      return !isOtherCode;
    }
  };
  if (done.value !== undefined) return <Answer {...done.value} />;
  return (
    <Page canGoBack help={false} testid="add-beside">
      <h1>{t("beside.scan")}</h1>
      <p>{t("beside.scanBody")}</p>
      <Scan onText={take} label={t("beside.scan")} />
      <div role="alert">
        {isRefused.value && (
          <Banner icon="alert" tone="warn" testid="members-failed">
            <p>{t("beside.refused")}</p>
          </Banner>
        )}
      </div>
    </Page>
  );
}

/** What the new phone is to look at. */
export function Answer({ answer, queued }: Admission) {
  return (
    <Page canGoBack help={false} testid="add-answer">
      <h1>{t("beside.answer")}</h1>
      <p>{t("beside.answerBody")}</p>
      <SquareCode text={answer} label={t("beside.answerCode")} />
      <CodeText text={answer} testid="beside-answer" />
      <p class="soft" role="status">
        {t(queued ? "beside.queued" : "beside.in")}
      </p>
    </Page>
  );
}
