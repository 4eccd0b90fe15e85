/**
 * Before the phone asks: what it will ask, why, and what others can read afterwards.
 *
 * A browser asks once only, and what was refused there hardly anybody finds again. So it is asked
 * after the person said that they want reminders, and never out of the blue.
 */
import { useSignal } from "@preact/signals";
import { Icon } from "../../ui/icon";
import { Page } from "../../ui/page";
import { back } from "../../ui/route";
import { t } from "../../words";
import type { RemindersProps } from "./index";

export function Ask({ reminding }: RemindersProps) {
  const isAsked = useSignal(false);
  const chosen = reminding.chosen.value;
  const ask = () => {
    if (isAsked.value) return;
    isAsked.value = true;
    reminding.allow().then(back, back);
  };
  return (
    <Page
      canGoBack
      testid="remind-ask"
      foot={
        <>
          <button
            type="button"
            class="btn main-act"
            data-testid="remind-allow"
            aria-disabled={isAsked.value}
            onClick={ask}
          >
            {t("remind.askGo")}
            <Icon name="next" />
          </button>
          <button type="button" class="btn wide" data-testid="remind-not" onClick={back}>
            {t("remind.askNot")}
          </button>
        </>
      }
    >
      <h1>{t("remind.ask")}</h1>
      <p>{t("remind.askBody")}</p>
      <div class="card prompt" aria-hidden="true">
        <Icon name="phone" size="l" />
        <span class="lines" />
        <span class="btn act">{t("remind.askAllow")}</span>
      </div>
      <h2>{t("remind.askSeen")}</h2>
      <p class="card row shown">
        <Icon name="clock" />
        <strong class="grow">{t(chosen?.plain ? "ping.plain" : "ping.neutral")}</strong>
      </p>
    </Page>
  );
}
