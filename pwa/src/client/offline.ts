/** What makes the app open without a network and keeps its data from being cleared away. */

/** Name of the only Trusted Types policy; the server's Content-Security-Policy allows it. */
const POLICY = "rejoint";

interface PolicyFactory {
  createPolicy(name: string, rules: object): { createScriptURL(url: string): string };
}

/** Start the service worker; a browser without one works as long as it is online. */
export async function openOffline(): Promise<void> {
  if (!import.meta.env.PROD || !("serviceWorker" in navigator)) return;
  const { trustedTypes } = globalThis as { trustedTypes?: PolicyFactory };
  const rules = { createScriptURL: (url: string) => url };
  const policy = trustedTypes?.createPolicy(POLICY, rules) ?? rules;
  await navigator.serviceWorker.register(policy.createScriptURL("/sw.js"), {
    updateViaCache: "none",
  });
}

/** Have a part that not every phone needs kept for times without a network. */
export function keepPart(
  part:
    | "desk"
    | "members"
    | "lock"
    | "camera"
    | "xwing"
    | "standard"
    | "sending"
    | `words-${string}`,
): void {
  globalThis.navigator?.serviceWorker?.ready
    .then(({ active, waiting }) => {
      // The one that waits to start takes over no part that was asked for after it was installed.
      for (const worker of [active, waiting]) worker?.postMessage(part);
    })
    .catch(() => {});
}

/** Ask the browser not to clear the records away when storage runs low. */
export async function keepStorage(): Promise<void> {
  await navigator.storage?.persist?.();
}
