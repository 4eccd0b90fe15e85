/**
 * Putting the app on the home screen: whether it is there, and the browser's own way of doing it.
 *
 * Source: W3C Manifest Incubations, "Installation prompts"; Chromium has it, others tell nothing.
 */
import { signal } from "@preact/signals";

interface InstallPrompt extends Event {
  prompt(): Promise<unknown>;
}

/** There while the browser would put the app on the home screen if it were asked to. */
export const installPrompt = signal<InstallPrompt | undefined>(undefined);

/** Begin to listen; the browser offers it early and only once. */
export function watchInstall(): void {
  addEventListener("beforeinstallprompt", (event) => {
    // Asked for in its place, in words that people know, not in a bar that comes by itself.
    event.preventDefault();
    installPrompt.value = event as InstallPrompt;
  });
  addEventListener("appinstalled", () => {
    installPrompt.value = undefined;
  });
}

/** Whether the app was opened from the home screen. */
export function isOnHomeScreen(): boolean {
  return globalThis.matchMedia?.("(display-mode: standalone)").matches === true;
}
