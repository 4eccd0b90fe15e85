/**
 * What somebody who helps with a phone needs to know of it: the browser, the room there is, the
 * clock, the link. Nothing of the person, of their records or of whom they know.
 */
import type { Finding } from "../sending.ts";
import type { Clock } from "./clock.ts";

/** What the profile knows. */
export interface Known {
  readonly clock: Pick<Clock, "lastContact" | "phoneS" | "serverS">;
  readonly waiting: number;
  /** Codes of docs/errors.md, of records that the server or this phone did not take. */
  readonly codes: readonly string[];
}

interface Link {
  /** Source: WICG Network Information; Chromium has it. */
  readonly connection?: { readonly saveData?: boolean; readonly effectiveType?: string };
}

/** The build: its entry carries a hash of what it is made of. */
function build(): string {
  const entry = globalThis.document?.querySelector<HTMLScriptElement>('script[type="module"][src]');
  return entry?.getAttribute("src")?.replace(/^.*\//, "") ?? "";
}

const isoOf = (unixS: number) => new Date(unixS * 1000).toISOString().slice(0, 16);

async function storage(): Promise<Finding[]> {
  const { storage: room } = navigator;
  const { usage, quota } = (await room?.estimate?.()) ?? {};
  return [
    ["storage.used_bytes", usage],
    ["storage.quota_bytes", quota],
    ["storage.persisted", await room?.persisted?.()],
  ];
}

async function worker(): Promise<Finding[]> {
  const { serviceWorker } = navigator;
  const registration = await serviceWorker?.getRegistration?.();
  const state = registration?.active?.state ?? (serviceWorker ? "none" : "not offered");
  const kept = (await globalThis.caches?.keys?.()) ?? [];
  return [
    ["worker.state", state],
    ["worker.waiting", registration?.waiting != null],
    ["worker.background_sync", registration !== undefined && "sync" in registration],
    ["worker.caches", kept.join(" ")],
  ];
}

/** Findings in the order in which they help; what a browser does not tell is "?". */
export async function diagnose({ clock, waiting, codes }: Known): Promise<readonly Finding[]> {
  const { connection } = navigator as Link;
  const parts = await Promise.all([storage(), worker()].map((part) => part.catch(() => [])));
  const findings: readonly Finding[] = [
    ["app.build", build()],
    ["app.installed", globalThis.matchMedia?.("(display-mode: standalone)").matches],
    ["browser", navigator.userAgent],
    ["browser.languages", navigator.languages?.join(" ")],
    ["clock.phone", isoOf(clock.phoneS)],
    ["clock.behind_server_s", clock.serverS - clock.phoneS],
    ["link.online", navigator.onLine],
    ["link.type", connection?.effectiveType],
    ["link.save_data", connection?.saveData],
    ["server.last_contact", clock.lastContact === 0 ? "never" : isoOf(clock.lastContact)],
    ["records.waiting", waiting],
    ["records.codes", [...new Set(codes)].sort().join(" ")],
    ["notifications", globalThis.Notification?.permission ?? "not offered"],
    ...parts.flat(),
  ];
  return findings.map(([name, value]) => [name, value ?? "?"]);
}
