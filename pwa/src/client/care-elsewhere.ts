/**
 * What was told under the wrong picture, on its way to the right person of this phone.
 *
 * It is sealed to the public key of that person's device, so from then on nobody else opens it, not
 * even who handed it on. Where a browser keeps that device's keys as sealed text, its public key is
 * not at hand while it is closed: then only the fact is left that there was something to tell.
 */
import { b64uEncode, utf8 } from "../circle/encoding.ts";
import { hpkeSeal, publicPoint, sha256 } from "../circle/envelope.ts";
import type { ProfileView } from "../client.ts";
import type { Elsewhere, Handed, Waiting } from "../elsewhere.ts";
import { readBox } from "../keybox.ts";
import type { DeviceRow, ProfileKeys } from "../keystore.ts";
import { keysName } from "./profiles.ts";
import type { Shelf } from "./shelf.ts";

/** What the seal is bound to beside the key. */
function infoOf(profile: string): Uint8Array<ArrayBuffer> {
  return utf8(`rj1 handed to ${profile}`);
}

/** The key to which something can be sealed for a profile; undefined where it can not be read. */
async function keyOf(profile: string): Promise<{ kem: "P256" | "XWING"; kpk: string } | undefined> {
  const row = (await readBox(keysName(profile)))?.device as DeviceRow | undefined;
  if (row?.level !== 1) return undefined;
  const { agreement } = row;
  if ("sealed" in agreement) return { kem: "XWING", kpk: agreement.kpk };
  return { kem: "P256", kpk: await publicPoint(agreement.publicKey) };
}

export class OpenElsewhere implements Elsewhere {
  readonly #shelf: Shelf;
  readonly #keys: ProfileKeys;
  readonly #profile: string;

  constructor(shelf: Shelf, keys: ProfileKeys, profile: string) {
    this.#shelf = shelf;
    this.#keys = keys;
    this.#profile = profile;
  }

  async profiles(): Promise<readonly ProfileView[]> {
    const all = await this.#shelf.profiles();
    return all.filter(({ id, role }) => id !== this.#profile && role === "patient");
  }

  async give(profile: string, name: string, told: Handed): Promise<void> {
    const id = b64uEncode(await sha256(utf8(`${this.#profile} ${name}`)));
    const key = await keyOf(profile);
    const text = utf8(JSON.stringify(told));
    const sealed = key && (await hpkeSeal(key, infoOf(profile), text));
    await this.#shelf.put("handed", { profile, id, ...(sealed && { sealed }) });
  }

  async waiting(): Promise<readonly Waiting[]> {
    const rows = await this.#shelf.all("handed", this.#profile);
    return Promise.all(
      rows.map(async ({ id, sealed }) => {
        if (sealed === undefined) return { id, told: undefined };
        try {
          const text = await this.#keys.hpkeOpen(infoOf(this.#profile), sealed);
          return { id, told: JSON.parse(new TextDecoder().decode(text)) as Handed };
        } catch {
          // It was made for other keys, or is damaged: then it has to be told anew.
          return { id, told: undefined };
        }
      }),
    );
  }

  async drop(id: string): Promise<void> {
    await this.#shelf.remove("handed", this.#profile, id);
  }
}
