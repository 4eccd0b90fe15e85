/** What a square code says, for those whose camera does not work: to be copied. */
import { useSignal } from "@preact/signals";
import { t } from "../words";
import { Icon } from "./icon";

export function CodeText({ text, testid }: { text: string; testid: string }) {
  const copied = useSignal(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      copied.value = true;
    } catch {
      copied.value = false; // Not allowed here: it stands below, to be marked by hand.
    }
  };
  return (
    <details class="card pad">
      <summary>{t("beside.asText")}</summary>
      <p class="code link" data-testid={testid} dir="ltr">
        {text}
      </p>
      <button type="button" class="btn wide" onClick={() => void copy()}>
        <Icon name={copied.value ? "check" : "edit"} />
        <span role="status">{t(copied.value ? "act.copied" : "act.copy")}</span>
      </button>
    </details>
  );
}
