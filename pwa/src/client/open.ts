/**
 * The door of this phone.
 *
 * It stands with the first screen and is small, since a phone on which nobody lives needs no more;
 * what opens profiles comes behind it, and the database beside that. Every call waits for what it
 * needs, so a tap made before is not lost, and what failed is tried again by the next call.
 */
import type { Asking, Client, Door, LinkView, Locks, ProfileView } from "../client.ts";
import { openShelf } from "./shelf.ts";
import { expectWeather } from "./weather.ts";

/** The door of the phone with these databases. */
export function openDoor(factory: IDBFactory = indexedDB): Door {
  expectWeather(globalThis as unknown as EventTarget);
  const shelf = untilItFails(() => openShelf(factory));
  const inside = untilItFails(async () => (await import("./inside.ts")).goInside(await shelf()));
  const entrance = async () => (await inside()).entrance;
  // Whoever calls is told of a failure; nobody has called yet.
  shelf().catch(() => {});
  return {
    async profiles(): Promise<readonly ProfileView[]> {
      const profiles = await (await shelf()).profiles();
      // One of them is about to be opened.
      if (profiles.length > 0) Promise.all([prefetch(), inside()]).catch(() => {});
      return profiles;
    },
    async open(profileId: string): Promise<Client> {
      return (await entrance()).open(profileId);
    },
    async look(fragment: string): Promise<LinkView> {
      const view = await (await entrance()).look(fragment);
      void prefetch();
      return view;
    },
    async locks(): Promise<Locks> {
      const [{ openLocks }, behind] = await Promise.all([import("./locks.ts"), inside()]);
      return openLocks(behind.phone, behind.entrance);
    },
    async found(fragment, names, pin): Promise<Client> {
      return (await entrance()).found(fragment, names, pin);
    },
    async join(fragment, profileId, pin): Promise<Client> {
      return (await entrance()).join(fragment, profileId, pin);
    },
    async ask(fragment, profileId, pin): Promise<Asking> {
      return (await entrance()).ask(fragment, profileId, pin);
    },
    async recover(code, pin): Promise<Client> {
      return (await entrance()).recover(code, pin);
    },
    async beside(pin) {
      return (await entrance()).beside(pin);
    },
    async asked(): Promise<readonly Asking[]> {
      const kept = await shelf();
      const begun = await Promise.all([kept.all("profiles"), kept.all("pending")]);
      // Going inside ends what an earlier run left undone, too.
      return begun.flat().length > 0 ? (await entrance()).asked() : [];
    },
  };
}

/** Fetched early where a circle will be opened; nobody else waits for it. */
function prefetch(): Promise<unknown> {
  return import("../records.ts").catch(() => undefined);
}

/** `make`, called once, and again where it failed. */
function untilItFails<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make().catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
}
