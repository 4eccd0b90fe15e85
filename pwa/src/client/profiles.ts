/**
 * The profiles of one phone: their names on the disk, their pictures, and how one is taken off it.
 *
 * Wiping begins with a mark on the shelf, so a phone that dies in the middle goes on where it was at
 * the next start. Keys go first: from then on nothing that is left can be read. The end is looked
 * at: a profile counts as wiped when neither a database nor a row of it is found.
 */
import { removeBox } from "../keybox.ts";
import { endPings } from "./end-pings.ts";
import type { ProfileRow, Shelf } from "./shelf.ts";

const PICTURES = ["hill", "leaf", "river", "sun", "boat", "bird"] as const;
/** How often a database that another window still holds is tried again. */
const TRIES = 3;

/** Where copies of plans are; see `care-spare.ts`. */
export const SPARE = "spare";

/** The name of a profile's copy in it. */
export function spareName(profile: string): string {
  return `/spare/${profile}`;
}

/** Remove the copy of a profile's plan; a phone that cannot do it now must not stop what goes on. */
export async function forgetSpare(profile: string): Promise<void> {
  const cache = await globalThis.caches?.open(SPARE).catch(() => undefined);
  await cache?.delete(spareName(profile)).catch(() => {});
}

/** Something of a profile could not be removed; `left` names databases, never contents. */
export class WipeError extends Error {
  override readonly name = "WipeError";

  constructor(left: readonly string[]) {
    super(`not all could be removed: ${left.length} left`);
  }
}

/** Where the keys of a profile are. */
export function keysName(profile: string): string {
  return `rejoint-keys-${profile}`;
}

/** Where the cached folds of a profile are. */
export function foldsName(profile: string): string {
  return `rejoint-folds-${profile}`;
}

/** A picture that nobody on this phone has yet; from the seventh person on they repeat. */
export function freePicture(rows: readonly Pick<ProfileRow, "picture">[]): string {
  const taken = new Set(rows.map(({ picture }) => picture));
  const free = PICTURES.find((picture) => !taken.has(picture));
  return free ?? PICTURES[rows.length % PICTURES.length] ?? "hill";
}

/** Finish what an earlier start began to wipe. */
export async function finishWipes(shelf: Shelf): Promise<void> {
  for (const { id, wiping } of await shelf.all("profiles")) {
    // What cannot go now is tried again at the next start; nobody can open it meanwhile.
    if (wiping) await wipeProfile(shelf, id).catch(() => {});
  }
}

/** Say that a profile is on its way out; resolves when that would outlive a kill. */
export async function markWiping(shelf: Shelf, id: string): Promise<void> {
  await shelf.update("profiles", [id], (row) => ({
    ...(row ?? { id, picture: "", role: "patient", device: "", ready: false }),
    wiping: true,
  }));
}

/**
 * Take a closed profile off this phone.
 *
 * @throws WipeError Another window holds a part of it; the rest goes at the next start.
 */
export async function wipeProfile(shelf: Shelf, id: string): Promise<void> {
  const circles = await shelf.all("circles", id);
  await markWiping(shelf, id);
  await removeBox(keysName(id));
  await forgetSpare(id);
  await endReminders(shelf, id);
  const named = [
    foldsName(id),
    // Where a browser does not list its databases, these are the names that PouchDB gives.
    ...circles.map(({ circle }) => `_pouch_rejoint-${id}-${circle}`),
  ];
  for (let tries = 1; tries <= TRIES; tries += 1) {
    for (const name of new Set([...named, ...(await databasesOf(id))])) await removeDatabase(name);
  }
  const left = await databasesOf(id);
  if (left.length > 0) throw new WipeError(left);
  await shelf.forget(id);
}

/** A phone that cannot do this now must not keep a profile from going. */
async function endReminders(shelf: Shelf, id: string): Promise<void> {
  const rows = await shelf.all("reminding");
  if (!rows.some(({ profile, chosen }) => profile === id && chosen)) return;
  const isLast = !rows.some(({ profile, chosen }) => profile !== id && chosen);
  const device = (await shelf.get("profiles", id))?.device ?? "";
  if (device !== "") await endPings(device, isLast).catch(() => {});
}

/** Names of all databases that belong to a profile; none where the browser does not tell. */
export async function databasesOf(id: string): Promise<string[]> {
  const all = (await indexedDB.databases?.()) ?? [];
  return all.map(({ name }) => name ?? "").filter((name) => name.includes(`-${id}`));
}

/** Remove a database; resolves also when another window holds it still, and it goes later. */
export function removeDatabase(name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.deleteDatabase(name);
    request.onsuccess = () => resolve();
    request.onerror = () => reject(request.error);
    // It goes as soon as the other window lets go; the next look tells whether it has.
    request.onblocked = () => resolve();
  });
}
