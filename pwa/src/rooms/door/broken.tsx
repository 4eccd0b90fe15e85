/** A link that leads nowhere: why, and what to do. */
import type { LinkView } from "../../client";
import { Icon } from "../../ui/icon";
import { Page } from "../../ui/page";
import { t } from "../../words";

type Why = Extract<LinkView, { kind: "broken" }>["why"];

interface BrokenProps {
  readonly why: Why;
  readonly hasRoutine: boolean;
  readonly onRetry: () => void;
  readonly onLeave: () => void;
}

export function Broken({ why, hasRoutine, onRetry, onLeave }: BrokenProps) {
  return (
    <Page
      help={false}
      testid={`link-${why}`}
      foot={
        <>
          {why === "offline" && (
            <button type="button" class="btn main-act" data-testid="link-retry" onClick={onRetry}>
              {t("act.retry")}
            </button>
          )}
          <button type="button" class="btn wide" data-testid="link-leave" onClick={onLeave}>
            {t(hasRoutine ? "door.toRoutine" : "door.otherWays")}
          </button>
        </>
      }
    >
      <div class="empty mid" role="status">
        <Icon name={why === "offline" ? "nonet" : "qr"} />
        <h1>{t(`door.${why}`)}</h1>
        <p class="soft">{t(`door.${why}Body`)}</p>
      </div>
    </Page>
  );
}
