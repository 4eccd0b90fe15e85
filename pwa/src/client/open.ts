/**
 * The way in: the door of this phone, small enough to be there before the first paint.
 *
 * Ciphers, database and sync come as one later chunk; every call waits for it, so a tap made
 * before it has arrived is not lost.
 */
import type { Client, Door, LinkView, ProfileView } from "../client";
import { browserPhone, type Phone } from "./phone";
import { openShelf } from "./shelf";

/**
 * Take the invitation out of the address bar: returns what stood behind "#" and removes it from
 * address and history at once. "" without one. Call it first, once.
 */
export function takeFragment(): string {
  const fragment = location.hash.slice(1);
  if (fragment !== "") history.replaceState(null, "", location.pathname + location.search);
  return fragment;
}

/** The door of this phone. */
export function openDoor(phone: Phone = browserPhone()): Door {
  const shelf = openShelf(phone.indexedDB);
  const inside = import("./admission").then(async (code) => code.enter(phone, await shelf));
  inside.catch(() => {});
  return {
    async profiles(): Promise<readonly ProfileView[]> {
      return (await shelf).profiles();
    },
    async open(profileId: string): Promise<Client> {
      return (await inside).open(profileId);
    },
    async look(fragment: string): Promise<LinkView> {
      return (await inside).look(fragment);
    },
    async found(fragment: string, names: { clinic: string; person: string }): Promise<Client> {
      return (await inside).found(fragment, names);
    },
    async join(fragment: string, profileId?: string): Promise<Client> {
      return (await inside).join(fragment, profileId);
    },
  };
}
