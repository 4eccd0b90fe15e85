/** What the network does to the person's records, said once and calmly. */
import type { Care, SyncStatus } from "../client";
import { t } from "../words";
import { Banner } from "./parts";
import { go } from "./route";
import { Words } from "./words";

export function NetBanner({ sync }: { sync: SyncStatus }) {
  if (sync.refused.length > 0) {
    return (
      <Banner icon="alert" tone="bad" testid="net-refused">
        <p>
          <Words id="net.refused" args={{ n: sync.refused.length }} />
        </p>
        <button type="button" class="btn wide" onClick={() => go({ room: "status" })}>
          {t("net.look")}
        </button>
      </Banner>
    );
  }
  if (sync.state === "trouble") {
    return (
      <Banner icon="alert" tone="warn" testid="net-trouble">
        <p>{sync.reason}</p>
      </Banner>
    );
  }
  if (sync.state === "offline") {
    return (
      <Banner icon="nonet" testid="net-offline">
        <p>{t("net.offline")}</p>
      </Banner>
    );
  }
  return null;
}

/** A phone waits to be let in: shown until somebody has looked. */
export function AsksBanner({ care }: { care: Care }) {
  return (
    <Banner icon="phone" testid="asks">
      <p>{t("today.asks")}</p>
      <button
        type="button"
        class="btn wide"
        data-testid="asks-look"
        onClick={() => go({ room: "members", circle: care.circle })}
      >
        {t("today.asksLook")}
      </button>
    </Banner>
  );
}

/** A summary is shown, whose records are still on their way. */
export function CheckingBanner() {
  return (
    <Banner icon="clock" testid="checking">
      <p>{t("net.checking")}</p>
    </Banner>
  );
}

/** Another phone has still to let this one in. */
export function AwaitedBanner() {
  return (
    <Banner icon="phone" testid="awaited">
      <p>{t("net.awaited")}</p>
    </Banner>
  );
}
