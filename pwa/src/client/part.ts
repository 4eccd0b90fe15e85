/** Parts of the app's own code that may have to come from the server, which may be silent. */
import { LineError } from "./line.ts";
import type { Phone } from "./phone.ts";

/** So long a part is waited for; it may go on coming, and is there the next time. */
export const PART_MS = 10_000;

/**
 * Wait for a part, but not for ever: a page cannot give up the fetch of its own code.
 *
 * @param loading Made by `import()`.
 * @throws LineError It did not come.
 */
export function part<T>(phone: Pick<Phone, "after">, loading: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = phone.after(PART_MS, () => reject(new LineError("silent")));
    const failed = () => reject(new LineError("down"));
    void loading.then(resolve, failed).finally(stop);
  });
}
