/** What the network was used for this month, and how much it may be. */
import { useSignal } from "@preact/signals";
import { Page } from "../../ui/page";
import { t, type WordId } from "../../words";
import type { SendingProps } from "./index";
import { Failed, sayBytes } from "./parts";

/** Budgets that can be chosen, bytes; 0 = none. */
const LIMITS = [1_000_000, 5_000_000, 20_000_000, 0] as const;

export function DataUsed({ sending }: SendingProps) {
  const { used, limit, waiting } = sending;
  const failed = useSignal<WordId | "">("");
  const choose = (bytes: number) =>
    sending.setLimit(bytes).then(
      () => {
        failed.value = "";
      },
      () => {
        failed.value = "sending.failed";
      },
    );
  const left = limit.value - used.value;
  const amounts = { used: sayBytes(used.value), limit: sayBytes(limit.value) };
  return (
    <Page canGoBack testid="data-used">
      <h1>{t("data.title")}</h1>
      <section class="card">
        <p class="amount" data-testid="used">
          {t(limit.value === 0 ? "data.used" : "data.of", amounts)}
        </p>
        {limit.value > 0 && (
          <>
            <progress
              max={limit.value}
              value={Math.min(used.value, limit.value)}
              aria-label={t("data.of", amounts)}
            />
            <p data-testid="left">
              {left > 0 ? t("data.left", { left: sayBytes(left) }) : t("data.over")}
            </p>
          </>
        )}
        <p>{t(waiting.value === 0 ? "data.nothing" : "data.waits", { n: waiting.value })}</p>
      </section>
      <h2 id="most">{t("data.most")}</h2>
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset breaks the grid in older Chromium */}
      <div class="two-btn" role="group" aria-labelledby="most">
        {LIMITS.map((bytes) => (
          <button
            type="button"
            class="btn big-ans"
            data-testid={`limit-${bytes}`}
            aria-pressed={bytes === limit.value}
            key={bytes}
            onClick={() => void choose(bytes)}
          >
            {bytes === 0 ? t("data.none") : sayBytes(bytes)}
          </button>
        ))}
      </div>
      <Failed words={failed.value} />
      <p>{t("data.body")}</p>
      <p class="soft small">{t("data.about")}</p>
    </Page>
  );
}
