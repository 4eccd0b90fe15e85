/** The keys of the profiles of this phone that are open or about to be made. */
import { offeredKem } from "../circle/envelope.ts";
import { createKeys, loadKeys, type ProfileKeys } from "../keystore.ts";
import { keepPart } from "./offline.ts";
import { keysName } from "./profiles.ts";

export class KeyRing {
  /** The number that was given for the profile that is being made; "" without one. */
  pin = "";
  /** So that nobody is asked for their number twice. */
  readonly #held = new Map<string, ProfileKeys>();

  has(profile: string): boolean {
    return this.#held.has(profile);
  }

  hold(profile: string, keys: ProfileKeys): void {
    this.#held.set(profile, keys);
  }

  /** Let go of keys: from now on a locked profile is locked. */
  drop(profile: string): void {
    this.#held.delete(profile);
  }

  /**
   * The keys of a profile.
   *
   * @throws ProfileLocked A lock lies over them, and nobody has opened it.
   */
  async of(profile: string): Promise<ProfileKeys> {
    const keys = this.#held.get(profile) ?? (await loadKeys(keysName(profile)));
    if (keys === undefined) throw new Error("the keys of this profile are gone");
    // Without this code such a key opens nothing, and it may be needed where there is no network.
    if (keys.pub.kem === "XWING") keepPart("xwing");
    return keys;
  }

  /** New keys: opaque; where this browser keeps none and a number was given, under the number. */
  async make(profile: string): Promise<ProfileKeys> {
    const kem = await offeredKem();
    if (this.pin === "") return createKeys(keysName(profile), kem);
    const { createWrappedKeys } = await import("./lock.ts");
    keepPart("lock");
    const { keys } = await createWrappedKeys(keysName(profile), kem, this.pin);
    this.hold(profile, keys);
    return keys;
  }
}
