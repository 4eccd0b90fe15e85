/**
 * A new phone beside one that is in a circle, both without a network: it shows its keys, reads the
 * answer, and from then on records can be made on it, which are sealed once it is in.
 */
import type { DeviceKeys } from "../circle/keys.ts";
import type { Beside, Client } from "../client.ts";
import { readPin, writePub } from "./pub-code.ts";
import type { ProfileRow, Shelf } from "./shelf.ts";

/** How profiles come about on this phone. */
export interface Making {
  make(): Promise<{ readonly profile: string; readonly keys: DeviceKeys }>;
  keys(profile: string): Promise<DeviceKeys>;
  open(profile: string): Promise<Client>;
}

/**
 * Keys to show; after a restart the same ones, since the other phone may have read them.
 *
 * What `enter` throws: CircleError `schema`, `b64`, `canon`: it is not the other phone's answer.
 */
export async function besideOf(shelf: Shelf, making: Making): Promise<Beside> {
  const shown = (await shelf.all("profiles")).find(({ beside }) => beside === true);
  const made =
    shown === undefined
      ? await making.make()
      : { profile: shown.id, keys: await making.keys(shown.id) };
  const { profile, keys } = made;
  const change = (part: Partial<ProfileRow>) =>
    shelf.update("profiles", [profile], (row) => ({ ...(row as ProfileRow), ...part }));
  await change({ beside: true });
  return {
    code: writePub(keys.pub),
    enter: async (text) => {
      const { cir: circle, head, purpose, role } = readPin(text);
      const [seq, hash] = head;
      const row = { profile, circle, purpose, role, pin: { seq, hash }, awaited: true } as const;
      await shelf.put("circles", row);
      await change({ role, ready: true, beside: false });
      return making.open(profile);
    },
  };
}
