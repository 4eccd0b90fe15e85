/**
 * Failures of the network that reach nobody.
 *
 * PouchDB's replication leaves rejected promises behind when a request fails in the middle; the
 * runner has seen the failure already and tries again. Those are weather. Anything else that nobody
 * caught is a fault of this app and stays visible.
 */

const NAMES = new Set(["LineError", "CircleUnavailable", "AbortError", "unreachable"]);

/** Whether a reason that nobody caught is only the network's. */
export function isWeather(reason: unknown): boolean {
  const { name, status } = (reason ?? {}) as { name?: unknown; status?: unknown };
  return NAMES.has(String(name)) || (typeof status === "number" && status >= 400);
}

/** Keep the network's failures out of the browser's error log. */
export function expectWeather(target: EventTarget): void {
  target.addEventListener("unhandledrejection", (event) => {
    if (isWeather((event as PromiseRejectionEvent).reason)) event.preventDefault();
  });
}
