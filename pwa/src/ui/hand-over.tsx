/** A link that is handed over: to be read, copied or passed on by the phone's own way. */
import { useSignal } from "@preact/signals";
import { t } from "../words";
import { Icon } from "./icon";

/** Whether a link leads to this very device only. */
export function onlyHere(link: string): boolean {
  return /^https?:\/\/(127\.|localhost|\[::1\])/.test(link);
}

export function HandOver({ link, testid }: { link: string; testid: string }) {
  const copied = useSignal(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(link);
      copied.value = true;
    } catch {
      copied.value = false; // Not allowed here: the link stands above, to be marked by hand.
    }
  };
  return (
    <>
      <p class="code link" data-testid={testid} dir="ltr">
        {link}
      </p>
      <div class="two-btn">
        <button type="button" class="btn" onClick={() => void copy()}>
          <Icon name={copied.value ? "check" : "paper"} />
          <span role="status">{t(copied.value ? "act.copied" : "act.copy")}</span>
        </button>
        {"share" in navigator && (
          <button
            type="button"
            class="btn"
            onClick={() => void navigator.share({ url: link }).catch(() => undefined)}
          >
            <Icon name="next" />
            {t("act.share")}
          </button>
        )}
      </div>
    </>
  );
}
