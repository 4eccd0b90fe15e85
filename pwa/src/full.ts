/** Whether the last write failed because this phone has no room; set where it is written. */
import { signal } from "@preact/signals";

export const isFull = signal(false);
