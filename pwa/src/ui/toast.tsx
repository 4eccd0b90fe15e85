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

/** Speaks the line; always on the page, so that its change is announced. */
export function ToastVoice() {
  return (
    <div class="vh" role="status" aria-live="polite">
      {line.value}
    </div>
  );
}

/** Shows the line above the actions, where it hides none of them. */
export function Toast() {
  if (!line.value) return null;
  return (
    <p class="toast" data-testid="toast" aria-hidden="true">
      <Icon name="check" />
      {line.value}
    </p>
  );
}

export function hasToast(): boolean {
  return line.value !== "";
}
