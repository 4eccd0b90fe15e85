/**
 * The locks of this phone's profiles, as the screens use them.
 *
 * An opened profile with a lock is watched: after a while without a touch, and when the app is not
 * seen any more, it is closed, and with it every key and record in memory is let go.
 */
import type { Client, Locks, LockView } from "../client.ts";
import { loadKeys, type ProfileKeys } from "../keystore.ts";
import type { Entrance } from "./admission.ts";
import { askPhone, phoneCan, registerPhone } from "./finger.ts";
import { type HereKey, purposeOfDraft, purposeOfWaiting } from "./here.ts";
import {
  changePin,
  lookAtLock,
  putLock,
  setFinger,
  setTiming,
  type Timing,
  takeLock,
  unlock,
  unlockBySecret,
} from "./lock.ts";
import { keepPart } from "./offline.ts";
import type { Phone } from "./phone.ts";
import { shutElsewhere } from "./profile.ts";
import { foldsName, forgetSpare, keysName, removeDatabase } from "./profiles.ts";
import type { Shelf } from "./shelf.ts";

/** The locks of `phone`, whose profiles are behind `inside`. */
export function openLocks(phone: Phone, inside: Entrance): Locks {
  // Without this code nobody could unlock where there is no network.
  keepPart("lock");
  const now = () => phone.nowMs();
  /** One act at a lock at a time, also among windows: tries are counted. */
  const alone = <T>(id: string, act: () => Promise<T>): Promise<T> =>
    phone.locks.request(`rejoint lock ${id}`, {}, act);
  const enter = async (id: string, keys: ProfileKeys | undefined): Promise<Client> => {
    const opened = await inside.open(id, keys);
    const lock = await lookAtLock(keysName(id), now());
    if (lock !== undefined) watchUse(phone, lock.row, opened);
    return opened;
  };
  /** Open a profile anew after its lock was changed; what was sealed under the old key goes. */
  const reopen = async (id: string, keys: ProfileKeys | undefined): Promise<Client> => {
    await inside.shut(id);
    shutElsewhere(phone, id);
    await removeDatabase(foldsName(id));
    await forgetSpare(id);
    await inside.noteLock(id, keys !== undefined);
    return enter(id, keys);
  };
  const byPin = async (id: string, pin: string): Promise<Client> => {
    const { keys } = await alone(id, () => unlock(keysName(id), pin, now));
    return enter(id, keys);
  };
  return {
    view: (id) => viewOf(id, now()),
    unlock: byPin,
    async unlockByPhone(id) {
      const lock = await lookAtLock(keysName(id), now());
      if (lock?.row.finger === undefined) throw new Error("this way is not set up");
      const secret = await askPhone(lock.row.finger);
      const data = await unlockBySecret(keysName(id), secret);
      return enter(id, await loadKeys(keysName(id), data));
    },
    async put(id, pin, old) {
      const keys = await alone(id, async () => {
        if (old === undefined) await putLock(keysName(id), pin);
        else await changePin(keysName(id), old, pin, now);
        return (await unlock(keysName(id), pin, now)).keys;
      });
      return reopen(id, keys);
    },
    async take(id, pin) {
      await alone(id, async () => {
        const { keys } = await unlock(keysName(id), pin, now);
        await inside.shut(id);
        if (keys !== undefined) await loosen(inside.shelf, id, keys);
        await takeLock(keysName(id), pin, now);
      });
      return reopen(id, undefined);
    },
    setTiming: (id, timing) => alone(id, () => setTiming(keysName(id), timing)),
    phoneCan,
    async setByPhone(id, pin, wanted) {
      // A wrong number is told before the phone asks for anything.
      await alone(id, () => unlock(keysName(id), pin, now));
      const way = wanted ? await registerPhone() : undefined;
      await alone(id, () => setFinger(keysName(id), pin, now, way));
    },
    wipe: (id) => inside.wipe(id),
  };
}

/** Before a lock is taken off: what lies under it opens without it from now on. */
async function loosen(shelf: Shelf, profile: string, key: HereKey): Promise<void> {
  const stores = [
    ["unsealed", purposeOfWaiting],
    ["drafts", purposeOfDraft],
  ] as const;
  for (const [store, purposeOf] of stores) {
    for (const row of await shelf.all(store, profile)) {
      const purpose = purposeOf(row.circle);
      const open = await key.dataOpen(row.sealed, purpose).catch(() => undefined);
      if (open === undefined) continue;
      await shelf.put(store, { ...row, sealed: await key.localSeal(open, purpose) });
    }
  }
}

async function viewOf(id: string, nowMs: number): Promise<LockView | undefined> {
  const lock = await lookAtLock(keysName(id), nowMs);
  if (lock === undefined) return undefined;
  const { row, left, waitS, needed } = lock;
  const { idleS, whenHidden, finger, pin } = row;
  const { digits } = pin;
  return { digits, left, waitS, byPhone: finger !== undefined, needed, idleS, whenHidden };
}

/** Close `client` when it is not used for a while or not seen; ends when it is closed. */
export function watchUse(
  phone: Phone,
  { idleS, whenHidden }: Timing,
  client: Pick<Client, "close" | "ended">,
): void {
  let usedMs = phone.nowMs();
  let stopTimer = () => {};
  const shut = () => {
    client.close().catch(() => {});
  };
  const check = () => {
    stopTimer();
    // A clock that was set back must not give more time than one turn.
    usedMs = Math.min(usedMs, phone.nowMs());
    const restMs = usedMs + idleS * 1000 - phone.nowMs();
    if (restMs <= 0) shut();
    else stopTimer = phone.after(restMs, check);
  };
  const stops = [
    phone.on("touched", () => {
      usedMs = phone.nowMs();
    }),
    phone.on("visible", check),
    phone.on("hidden", () => {
      if (whenHidden) shut();
    }),
  ];
  check();
  const quiet = client.ended.subscribe((ended) => {
    if (!ended) return;
    stopTimer();
    for (const stop of stops) stop();
    queueMicrotask(() => quiet());
  });
}
