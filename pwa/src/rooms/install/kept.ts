/** Whether the app, with the rooms that are wanted offline, is kept on this phone. */
import { signal } from "@preact/signals";

const LOOK_AGAIN_MS = 1_000;
/** The worker's mark of a part that is kept whole; see `sw/worker.ts`. */
const MARK = "/keeps-care";

/** Look until it is kept; gives a signal, and how to stop. */
export function watchKept(): [kept: { readonly value: boolean }, stop: () => void] {
  const kept = signal(false);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isOver = false;
  const look = async () => {
    kept.value = (await globalThis.caches?.match(MARK)) !== undefined;
    if (!kept.value && !isOver) timer = setTimeout(() => void look().catch(stop), LOOK_AGAIN_MS);
  };
  const stop = () => {
    isOver = true;
    clearTimeout(timer);
  };
  look().catch(stop);
  return [kept, stop];
}
