/**
 * The door of this phone.
 *
 * The screens load this when they stand; the database comes as one more chunk beside it. Every call
 * waits for what it needs, so a tap made before is not lost.
 */
import type { Asking, Client, Door, LinkView, Locks, ProfileView } from "../client.ts";
import { enter } from "./admission.ts";
import { browserPhone, type Phone } from "./phone.ts";
import { openShelf } from "./shelf.ts";
import { expectWeather } from "./weather.ts";

/** The door of this phone. */
export function openDoor(phone: Phone = browserPhone()): Door {
  expectWeather(globalThis as unknown as EventTarget);
  const shelf = openShelf(phone.indexedDB);
  const inside = shelf.then((kept) => enter(phone, kept));
  // Whoever calls is told; nobody has called yet.
  inside.catch(() => {});
  // Fetched early where a circle will be opened; nobody else waits for it.
  const prefetch = () => import("../records.ts").catch(() => undefined);
  shelf.then(async (kept) => (await kept.profiles()).length > 0 && prefetch()).catch(() => {});
  return {
    async profiles(): Promise<readonly ProfileView[]> {
      return (await shelf).profiles();
    },
    async open(profileId: string): Promise<Client> {
      return (await inside).open(profileId);
    },
    async look(fragment: string): Promise<LinkView> {
      const view = await (await inside).look(fragment);
      void prefetch();
      return view;
    },
    async locks(): Promise<Locks> {
      const { openLocks } = await import("./locks.ts");
      return openLocks(phone, await inside);
    },
    async found(fragment, names, pin): Promise<Client> {
      return (await inside).found(fragment, names, pin);
    },
    async join(fragment, profileId, pin): Promise<Client> {
      return (await inside).join(fragment, profileId, pin);
    },
    async ask(fragment, profileId, pin): Promise<Asking> {
      return (await inside).ask(fragment, profileId, pin);
    },
    async recover(code, pin): Promise<Client> {
      return (await inside).recover(code, pin);
    },
    async beside(pin) {
      return (await inside).beside(pin);
    },
    async asked(): Promise<readonly Asking[]> {
      return (await inside).asked();
    },
  };
}
