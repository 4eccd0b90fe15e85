/** Whether this phone and the server have the same: one button, and what came of it. */
import { useSignal } from "@preact/signals";
import type { Checked } from "../../sending";
import { Icon } from "../../ui/icon";
import type { IconName } from "../../ui/icons";
import { Page } from "../../ui/page";
import { Banner } from "../../ui/parts";
import { t } from "../../words";
import type { SendingProps } from "./index";

const LOOKS: Readonly<Record<Checked, readonly [icon: IconName, tone: "" | "warn" | "bad"]>> = {
  whole: ["check", ""],
  mended: ["check", ""],
  lacking: ["alert", "bad"],
  unreached: ["nonet", "warn"],
};

/** @param found What an earlier one came to. */
export function Check({ sending, found: before = "" }: SendingProps & { found?: Checked | "" }) {
  const outcome = useSignal<Checked | "">(before);
  const isBusy = useSignal(false);
  const run = async () => {
    if (isBusy.peek()) return;
    isBusy.value = true;
    outcome.value = "";
    outcome.value = await sending.check().catch((): Checked => "unreached");
    isBusy.value = false;
  };
  const found = outcome.value;
  return (
    <Page
      canGoBack
      testid="check"
      foot={
        <button
          type="button"
          class="btn main-act"
          data-testid="check-now"
          aria-disabled={isBusy.value}
          onClick={() => void run()}
        >
          <Icon name="storage" />
          {t(isBusy.value ? "wait.moment" : "check.now")}
        </button>
      }
    >
      <h1>{t("sending.check")}</h1>
      <p>{t("check.body")}</p>
      <div role="status">
        {found !== "" && (
          <Banner icon={LOOKS[found][0]} tone={LOOKS[found][1]} testid={`check-${found}`}>
            <p class="strong">{t(`check.${found}`)}</p>
            <p>{t(`check.${found}Body`)}</p>
          </Banner>
        )}
      </div>
    </Page>
  );
}
