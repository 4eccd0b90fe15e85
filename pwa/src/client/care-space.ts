/**
 * Room on this phone: what is used, what can be let go, and a reserve for the day when it is full.
 *
 * What goes first can be had again: recordings that the server has, then the reserve, then code of
 * rooms that are not needed every day. Records and plans never go.
 */
import type { Space } from "../sending.ts";

/** A cache with nothing in it but bytes that can be let go. */
const RESERVE = "reserve";
/** Room for some fifty records with what their database needs around them. */
const RESERVE_BYTES = 512 * 1024;
/** As long as so little is left nothing is put aside. */
const LEAST_LEFT = 8 * RESERVE_BYTES;
/** Parts of the app that can be fetched again, and that no day needs. */
const LIGHT = ["camera", "xwing", "standard", "members"] as const;

/** What this browser tells of room; undefined where it tells nothing. */
export async function spaceHere(): Promise<Space | undefined> {
  const { usage, quota } = (await navigator.storage?.estimate?.()) ?? {};
  if (usage === undefined || quota === undefined) return undefined;
  const isKept = (await navigator.storage.persisted?.()) ?? false;
  return { used: usage, all: quota, isKept };
}

/** Ask the browser to keep what is here; whether it promised. */
export async function keepHere(): Promise<boolean> {
  return (await navigator.storage?.persist?.()) ?? false;
}

/** Put a reserve aside while there is room; what it holds means nothing. */
export async function reserve(): Promise<void> {
  const space = await spaceHere();
  if (space === undefined || space.all - space.used < LEAST_LEFT) return;
  if (await caches.has(RESERVE)) return;
  const cache = await caches.open(RESERVE);
  await cache.put("/reserve", new Response(new Uint8Array(RESERVE_BYTES)));
}

/** Let go of the reserve; whether there was one. */
export async function useReserve(): Promise<boolean> {
  return (await globalThis.caches?.delete(RESERVE)) ?? false;
}

/** Let go of parts of the app that can be fetched again; how many files those were. */
export async function shedParts(): Promise<number> {
  let gone = 0;
  for (const name of await caches.keys()) {
    if (!name.startsWith("app-")) continue;
    const cache = await caches.open(name);
    for (const path of await lightFiles(cache)) gone += (await cache.delete(path)) ? 1 : 0;
  }
  return gone;
}

/** What belongs to light parts and to no other, with the marks that have them kept. */
async function lightFiles(cache: Cache): Promise<string[]> {
  const list = (await cache.keys()).find(({ url }) => /\/assets\/files-[^/]*\.json$/.test(url));
  const groups: Readonly<Record<string, Readonly<Record<string, string>>>> = list
    ? await (await cache.match(list))?.json()
    : {};
  const isLight = (part: string) => (LIGHT as readonly string[]).includes(part);
  const heavy = Object.entries(groups).filter(([part]) => !isLight(part));
  const needed = new Set(heavy.flatMap(([, files]) => Object.keys(files)));
  const light = LIGHT.flatMap((part) => Object.keys(groups[part] ?? {}));
  return [...light.filter((path) => !needed.has(path)), ...LIGHT.map((part) => `/keeps-${part}`)];
}
