/** What makes the app open without a network and keeps its data from being cleared away. */

/** Name of the only Trusted Types policy; the server's Content-Security-Policy allows it. */
const POLICY = "rejoint";

interface PolicyFactory {
  createPolicy(name: string, rules: object): { createScriptURL(url: string): string };
}

/** Resolves when the page has nothing to do. */
function idle(): Promise<unknown> {
  return new Promise((resolve) => (globalThis.requestIdleCallback ?? setTimeout)(resolve));
}

/**
 * Start the service worker; a browser without one works as long as it is online. Where the app is
 * kept already, it only looks for a newer one, which has time.
 */
export async function openOffline(): Promise<void> {
  if (!import.meta.env.PROD || !("serviceWorker" in navigator)) return;
  if (navigator.serviceWorker.controller) await idle();
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
    | "care"
    | "reminders"
    | "languages"
    | "desk"
    | "planning"
    | "signing"
    | "telling"
    | "members"
    | "lock"
    | "camera"
    | "xwing"
    | "standard"
    | "sending"
    | "copy"
    | `words-${string}`,
): void {
  globalThis.navigator?.serviceWorker?.ready
    .then(({ active, waiting }) => {
      // The one that waits to start takes over no part that was asked for after it was installed.
      for (const worker of [active, waiting]) worker?.postMessage(part);
    })
    .catch(() => {});
}

/** Parts that every phone has in the end, but that the first start does not wait for. */
const SOON = ["care", "telling", "languages", "sending"] as const;
/** The first moments belong to what the person sees and does. */
const SETTLE_MS = 2_000;
/** A link that is poor or dear is left to the first records for so long. */
const POOR_LINK_MS = 60_000;

interface Link {
  /** Source: WICG Network Information; Chromium has it. */
  readonly connection?: { readonly saveData?: boolean; readonly effectiveType?: string };
}

/**
 * Have kept what is wanted without a network later: as soon as the app itself is kept and the page
 * has nothing to do. Asked for at each start, since the last one may have ended too early.
 */
export async function keepSoon(): Promise<void> {
  await navigator.serviceWorker?.ready;
  const { saveData, effectiveType = "" } = (navigator as Link).connection ?? {};
  const waits = saveData === true || effectiveType.endsWith("2g") ? POOR_LINK_MS : SETTLE_MS;
  await new Promise((resolve) => setTimeout(resolve, waits));
  await idle();
  SOON.forEach(keepPart);
  await (await import("./care-space.ts")).reserve();
}

/** Ask the browser not to clear the records away when storage runs low. */
export async function keepStorage(): Promise<void> {
  await navigator.storage?.persist?.();
}
