/**
 * The door of this phone: which profiles are on it, opening and closing them, making one.
 *
 * How one comes into a circle needs a network and is fetched when it is wanted, see `joining.ts`; to
 * stand beside another phone needs none.
 */

import { b64uEncode } from "../circle/encoding.ts";
import { randomBytes } from "../circle/envelope.ts";
import type { Asking, Beside, Client, LinkView, ProfileView, Role } from "../client.ts";
import type { ProfileKeys } from "../keystore.ts";
import { isAsking } from "./bundles.ts";
import { Clock } from "./clock.ts";
import type { House, Joining } from "./joining.ts";
import { KeyRing } from "./keyring.ts";
import { Line, LineError } from "./line.ts";
import { keepStorage } from "./offline.ts";
import { part } from "./part.ts";
import type { Phone } from "./phone.ts";
import { OpenProfile, shutElsewhere } from "./profile.ts";
import { finishWipes, freePicture, markWiping, wipeProfile } from "./profiles.ts";
import type { ProfileRow, Shelf } from "./shelf.ts";

/** Everything behind the door; settles first what an earlier run left unanswered. */
export async function enter(phone: Phone, shelf: Shelf): Promise<Entrance> {
  const entrance = new Entrance(phone, shelf, await Clock.open(phone, shelf));
  entrance.goOn().catch(() => {});
  return entrance;
}

export class Entrance {
  readonly #phone: Phone;
  readonly #shelf: Shelf;
  readonly #clock: Clock;
  readonly #line: Line;
  readonly #opened = new Map<string, Promise<OpenProfile>>();
  readonly #keys = new KeyRing();
  #joined: Promise<Joining> | undefined;

  constructor(phone: Phone, shelf: Shelf, clock: Clock) {
    this.#phone = phone;
    this.#shelf = shelf;
    this.#clock = clock;
    this.#line = new Line(phone, clock);
  }

  /** Send again what belongs to profiles that are not ready; remove those that were never begun. */
  goOn(): Promise<void> {
    return this.#alone(async () => {
      await finishWipes(this.#shelf);
      const pending = await this.#shelf.all("pending");
      for (const profile of await this.#shelf.all("profiles")) {
        if (profile.ready || profile.beside) continue;
        const row = pending.find((waiting) => waiting.profile === profile.id);
        if (row === undefined) await this.#forgetProfile(profile.id);
        else if (!isAsking(row)) {
          await this.#joining()
            .then((joining) => joining.complete(profile, row))
            .catch(() => {});
        }
      }
    });
  }

  /**
   * Open a profile of this phone.
   *
   * @param keys Its keys, where a lock lies over them.
   * @throws ProfileLocked There is a lock, and the keys were not given.
   */
  async open(profileId: string, keys?: ProfileKeys): Promise<Client> {
    if (keys !== undefined) {
      this.#keys.hold(profileId, keys);
      // Somebody may be about to learn that it is locked.
      await this.#opened.get(profileId)?.catch(() => {});
    }
    return (await this.#openProfile(profileId)).start();
  }

  /** Close a profile if it is open: nothing of its keys stays in memory here. */
  async shut(profileId: string): Promise<void> {
    await (await this.#opened.get(profileId)?.catch(() => undefined))?.close();
    this.#keys.drop(profileId);
  }

  /** What this phone remembers beside records, for the locks. */
  get shelf(): Shelf {
    return this.#shelf;
  }

  /** Remember whether a number is asked for: what the door shows before a profile is opened. */
  async noteLock(profileId: string, locked: boolean): Promise<void> {
    const row = await this.#shelf.get("profiles", profileId);
    if (row !== undefined) await this.#shelf.put("profiles", { ...row, locked });
  }

  /** Take a profile off this phone: its keys first, then all that it has stored. */
  wipe(profileId: string): Promise<void> {
    return this.#alone(async () => {
      // Marked first: from now on nobody opens it, whatever happens to this page.
      await markWiping(this.#shelf, profileId);
      await this.shut(profileId);
      shutElsewhere(this.#phone, profileId);
      await wipeProfile(this.#shelf, profileId);
    });
  }

  async look(fragment: string): Promise<LinkView> {
    try {
      return await (await this.#joining()).look(fragment);
    } catch (error) {
      if (error instanceof LineError) return { kind: "broken", why: "offline" };
      throw error;
    }
  }

  /** @param pin For keys that this browser does not keep by itself. */
  found(
    fragment: string,
    names: { readonly clinic: string; readonly person: string },
    pin = "",
  ): Promise<Client> {
    return this.#comeIn(pin, (joining) => joining.found(fragment, names));
  }

  /** @param pin For keys that this browser does not keep by itself. */
  join(fragment: string, profileId?: string, pin = ""): Promise<Client> {
    return this.#comeIn(pin, (joining) => joining.join(fragment, profileId));
  }

  /** Ask to be let in by a link that only lets one ask; `pin` as in `join`. */
  ask(fragment: string, profileId?: string, pin = ""): Promise<Asking> {
    return this.#comeIn(pin, (joining) => joining.ask(fragment, profileId));
  }

  /** Come in by a printed card; see `Joining.recover`. */
  recover(code: string, pin = ""): Promise<Client> {
    return this.#comeIn(pin, (joining) => joining.recover(code));
  }

  /** What was asked in an earlier run and has no answer yet. */
  async asked(): Promise<readonly Asking[]> {
    if (!(await this.#shelf.all("pending")).some(isAsking)) return [];
    return (await this.#joining()).asked();
  }

  #comeIn<T>(pin: string, act: (joining: Joining) => Promise<T>): Promise<T> {
    return this.#alone(async () => {
      this.#keys.pin = pin;
      return act(await this.#joining());
    });
  }

  /** Its code comes from the server. */
  async #joining(): Promise<Joining> {
    const house: House = {
      phone: this.#phone,
      shelf: this.#shelf,
      clock: this.#clock,
      line: this.#line,
      keys: this.#keys,
      newProfile: (role) => this.#newProfile(role),
      isReady: (profile) => this.#isReady(profile),
      openProfile: (profile) => this.#openProfile(profile),
      opened: (profile) => this.#opened.get(profile),
      forgetProfile: (profile) => this.#forgetProfile(profile),
      welcome: (opened) => this.#welcome(opened),
    };
    try {
      this.#joined ??= import("./joining.ts").then(({ Joining }) => new Joining(house));
      return await part(this.#phone, this.#joined);
    } catch (error) {
      this.#joined = undefined;
      throw error;
    }
  }

  /** Stand beside a phone that is in a circle; `pin` as in `join`. */
  beside(pin = ""): Promise<Beside> {
    return this.#alone(async () => {
      this.#keys.pin = pin;
      const { besideOf } = await import("./beside.ts");
      return besideOf(this.#shelf, {
        make: () => this.#newProfile("patient"),
        keys: (id) => this.#keys.of(id),
        open: async (id) => this.#welcome(await this.#openProfile(id)),
      });
    });
  }

  /** One admission at a time, also among windows. */
  #alone<T>(act: () => Promise<T>): Promise<T> {
    return this.#phone.locks.request("rejoint admission", {}, act);
  }

  async #isReady(profile: string): Promise<void> {
    await this.#shelf.update("profiles", [profile], (row) => ({
      ...(row as ProfileRow),
      ready: true,
    }));
  }

  async #forgetProfile(id: string): Promise<void> {
    await this.shut(id);
    await wipeProfile(this.#shelf, id);
  }

  async #newProfile(role: Role) {
    const id = b64uEncode(randomBytes(9));
    const keys = await this.#keys.make(id);
    const picture = freePicture(await this.#shelf.all("profiles"));
    const locked = this.#keys.has(id);
    await this.#shelf.put("profiles", { id, picture, role, device: keys.id, locked, ready: false });
    return { profile: id, keys };
  }

  #openProfile(id: string): Promise<OpenProfile> {
    let opened = this.#opened.get(id);
    if (opened === undefined) {
      opened = this.#openNew(id);
      this.#opened.set(id, opened);
      opened.catch(() => this.#opened.delete(id));
    }
    return opened;
  }

  async #openNew(id: string): Promise<OpenProfile> {
    const row = await this.#shelf.get("profiles", id);
    if (row === undefined || row.wiping) throw new Error("there is no such profile on this phone");
    const { picture, role, locked = false } = row;
    const view: ProfileView = { id, picture, role, locked };
    const keys = await this.#keys.of(id);
    const closed = () => {
      this.#opened.delete(id);
      this.#keys.drop(id);
    };
    return OpenProfile.open(this.#phone, this.#shelf, view, keys, closed);
  }

  async #welcome(opened: OpenProfile): Promise<Client> {
    // A browser may ask its owner; the answer changes nothing here.
    keepStorage().catch(() => {});
    opened.expectNews();
    return opened.start();
  }
}
