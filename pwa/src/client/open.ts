/**
 * The door of this phone: who lives here is known at once, the rest follows.
 *
 * Ciphers and sync come as a later chunk, the database as one more; every call waits for what it
 * needs, so a tap made before is not lost.
 */
import type { Client, Door, LinkView, ProfileView } from "../client.ts";
import { browserPhone, type Phone } from "./phone.ts";
import { openShelf } from "./shelf.ts";
import { expectWeather } from "./weather.ts";

/** The door of this phone. */
export function openDoor(phone: Phone = browserPhone()): Door {
  expectWeather(globalThis as unknown as EventTarget);
  const shelf = openShelf(phone.indexedDB);
  const inside = Promise.all([shelf, import("./admission.ts")]).then(([kept, code]) =>
    code.enter(phone, kept),
  );
  // Fetched early; needed only when a circle is opened.
  inside.then(() => import("../records.ts")).catch(() => {});
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
