/** One line about what is already durable, spoken by screen readers, gone after a while. */
import { signal } from "@preact/signals";
import { Icon } from "./icon";

const SHOWN_MS = 6000;

const line = signal("");
let timer: ReturnType<typeof setTimeout> | undefined;

export function say(text: string): void {
  clearTimeout(timer);
  line.value = text;
  timer = setTimeout(() => {
    line.value = "";
  }, SHOWN_MS);
}

/** The place of the line; always on the page, so that its change is announced. */
export function Toast() {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {line.value && (
        <p class="toast" data-testid="toast">
          <Icon name="check" />
          {line.value}
        </p>
      )}
    </div>
  );
}
