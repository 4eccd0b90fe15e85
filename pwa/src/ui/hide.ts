/** The way out of sight, offered in every bar while somebody's records are open. */
import { signal } from "@preact/signals";

/** Closes what is open and shows nothing of it; undefined where there is nothing to hide behind. */
export const hide = signal<(() => void) | undefined>(undefined);
