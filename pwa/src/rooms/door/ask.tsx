/** A phone that asks: twelve digits, and what to do with them. */
import "../../ui/styles/members.css";
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Asking, Client } from "../../client";
import { Digits } from "../../ui/digits";
import { Icon } from "../../ui/icon";
import { Page } from "../../ui/page";
import { addWords, t } from "../../words";
import { enMembers } from "../../words/en-members";

addWords(enMembers);

interface AskProps {
  readonly asking: Asking;
  /** Called when somebody has said yes; left out where somebody else waits for that too. */
  readonly onOpen?: (client: Client) => void;
}

/** Without the link, which opens nothing any more. */
function startOver(): void {
  location.replace(location.pathname);
}

export function Ask({ asking, onOpen }: AskProps) {
  const isNo = useSignal(false);
  useEffect(() => {
    asking.opened.then(onOpen, (error: unknown) => {
      isNo.value = (error as { name?: string }).name !== "AbortError";
    });
    return () => asking.stop();
  }, [asking]);
  if (isNo.value) {
    return (
      <Page
        help={false}
        testid="ask-no"
        foot={
          <button type="button" class="btn wide" data-testid="ask-leave" onClick={startOver}>
            {t("act.back")}
          </button>
        }
      >
        <div class="empty mid" role="status">
          <Icon name="close" />
          <h1>{t("door.askNo")}</h1>
          <p class="soft">{t("door.askNoBody")}</p>
        </div>
      </Page>
    );
  }
  return (
    <Page help={false} testid="ask">
      <h1>{t("door.askTitle")}</h1>
      <Digits digits={asking.digits} />
      <p>{t("door.askBody")}</p>
      <p class="soft" role="status">
        {t("door.askWait")}
      </p>
    </Page>
  );
}
