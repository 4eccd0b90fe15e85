/**
 * The lock over one profile's keys: a number of 4 to 8 digits, and the phone's own lock beside it.
 *
 * A random key, the key of the lock, seals what the profile keeps readable on this phone: the cached
 * folds, the seed of its key for key agreement, and on a phone that keeps no opaque keys all of them.
 * It lies on the disk sealed twice: under a key that the number gives, and under the opaque key of
 * the profile where there is one.
 *
 * Every wrong number is written down before it is tried, so ending the app gives no try for nothing.
 * After the fourth there is a wait that doubles up to a quarter of an hour; nobody is shut out for
 * ever. The wait goes by the phone's clock and is kept by this app alone: what a number holds off,
 * and what it does not, is in docs/locks.md.
 */
import { type Bytes, utf8 } from "../circle/encoding.ts";
import type { Kem } from "../circle/envelope.ts";
import { aesKey, aesOpen, aesSeal, hkdfKey, pinKey, randomBytes } from "../circle/envelope.ts";
import { CircleError } from "../circle/errors.ts";
import { drawWritten } from "../circle/keys.ts";
import { changeBox, readBox } from "../keybox.ts";
import {
  type DeviceRow,
  KeyStoreError,
  loadKeys,
  localAad,
  ProfileKeys,
  prove,
  resealed,
  storeAndProve,
  wrapKeys,
} from "../keystore.ts";

/** Digits of a number. */
export const DIGITS_MIN = 4;
export const DIGITS_MAX = 8;
/** Rounds of PBKDF2 for a new number; the OWASP's figure of 2023 for SHA-256. */
export const ROUNDS = 600_000;
/** Bounds of what is believed of a row on the disk. */
const ROUNDS_MIN = 600_000;
const ROUNDS_MAX = 4_000_000;
const SALT_BYTES = 16;
/** Wrong numbers before the first wait. */
export const TRIES_FREE = 4;
const WAIT_FIRST_S = 30;
export const WAIT_MAX_S = 900;
/** After so many seconds without a touch a profile locks; the first is that of a new lock. */
export const IDLE_S: readonly number[] = [120, 60, 300, 900];

interface PinWay {
  readonly digits: number;
  readonly salt: Bytes;
  readonly rounds: number;
  readonly sealed: Bytes;
}

/** The phone's own lock, by a passkey that gives the same secret each time. */
export interface FingerWay {
  readonly credential: Bytes;
  readonly salt: Bytes;
  readonly sealed: Bytes;
}

/** When a profile locks by itself. */
export interface Timing {
  readonly idleS: number;
  /** As soon as the app is not seen any more. */
  readonly whenHidden: boolean;
}

export interface LockRow extends Timing {
  readonly pin: PinWay;
  readonly finger?: FingerWay;
}

/** A lock as it stands. */
export interface LockState {
  readonly row: LockRow;
  /** Tries until the next wait. */
  readonly left: number;
  /** Seconds until the next try; 0 = now. */
  readonly waitS: number;
  /** Whether the keys would lie open without it. */
  readonly needed: boolean;
}

interface TriesRow {
  readonly wrong: number;
  /** Until when nothing is tried, by the phone's clock, milliseconds since 1970. */
  readonly untilMs: number;
}

/** The number was not the right one, or it is not time to try yet. */
export class PinRefused extends Error {
  override readonly name = "PinRefused";
  /** Tries until the next wait. */
  readonly left: number;
  /** Seconds until the next try; 0 = now. */
  readonly waitS: number;

  constructor(left: number, waitS: number) {
    super(waitS > 0 ? "wait before the next try" : "not this number");
    this.left = left;
    this.waitS = waitS;
  }
}

/** Seconds to wait after so many wrong numbers. */
export function waitAfter(wrong: number): number {
  if (wrong < TRIES_FREE) return 0;
  return Math.min(WAIT_MAX_S, WAIT_FIRST_S * 2 ** Math.min(10, wrong - TRIES_FREE));
}

/** Whether a text can be a number of a lock. */
export function isPin(text: string): boolean {
  return /^[0-9]{4,8}$/.test(text);
}

/** The lock of a box and how its tries stand; undefined when there is none. */
export async function lookAtLock(database: string, nowMs: number): Promise<LockState | undefined> {
  const box = await readBox(database);
  const row = box?.lock as LockRow | undefined;
  if (row === undefined) return undefined;
  const tries = box?.tries as TriesRow | undefined;
  const needed = (box?.device as DeviceRow | undefined)?.level === 2;
  return { row, left: left(tries), waitS: waitS(tries, nowMs), needed };
}

/**
 * Open a locked box by its number. One try at a time: hold a lock among the windows of this app.
 *
 * @throws PinRefused
 */
export async function unlock(
  database: string,
  pin: string,
  nowMs: () => number,
): Promise<{ readonly keys: ProfileKeys; readonly data: CryptoKey }> {
  const data = await aesKey(await openByPin(database, pin, nowMs));
  return { keys: await keysOf(database, data), data };
}

/** Open a locked box by the secret of the phone's own lock. */
export async function unlockBySecret(database: string, secret: Bytes): Promise<CryptoKey> {
  const { row, local } = await lockOf(database);
  if (row.finger === undefined) throw new CircleError("tag", "this way is not set up");
  const raw = await unsealed(await fingerKey(secret), row.finger.sealed, local, "finger");
  return aesKey(raw);
}

/**
 * Put a lock over keys that have none. What was sealed for records before does not open any more.
 *
 * The locked keys are proven beside the old ones first, then both change places at once.
 */
export async function putLock(database: string, pin: string): Promise<void> {
  const box = await readBox(database);
  const device = box?.device as DeviceRow | undefined;
  if (device?.level !== 1 || box?.lock !== undefined || !isPin(pin)) {
    throw new TypeError("there are no keys here that a lock could be put over");
  }
  const before = await ProfileKeys.from(device);
  const raw = randomBytes(32);
  const data = await aesKey(raw);
  const lock = await lockRow(pin, raw, device.local);
  const locked = await resealed(device, undefined, data);
  await changeWhenProven(database, before, { device: locked, lock }, pin);
}

/** Give a locked box another number. */
export async function changePin(
  database: string,
  old: string,
  pin: string,
  nowMs: () => number,
): Promise<void> {
  if (!isPin(pin)) throw new TypeError("a number has 4 to 8 digits");
  const raw = await openByPin(database, old, nowMs);
  const { row, local, device } = await lockOf(database);
  const lock = { ...row, pin: (await lockRow(pin, raw, local)).pin };
  const before = await ProfileKeys.from(device, await aesKey(raw));
  await changeWhenProven(database, before, { device, lock }, pin);
}

/** Take the lock off keys that the browser keeps opaque by itself. */
export async function takeLock(database: string, pin: string, nowMs: () => number): Promise<void> {
  const data = await aesKey(await openByPin(database, pin, nowMs));
  const { device } = await lockOf(database);
  if (device.level !== 1) throw new TypeError("without a lock these keys would lie open");
  const before = await ProfileKeys.from(device, data);
  const bare = await resealed(device, data, undefined);
  await changeWhenProven(database, before, { device: bare, lock: undefined }, undefined);
}

/** Say when a locked profile locks by itself. */
export async function setTiming(database: string, timing: Timing): Promise<void> {
  if (!IDLE_S.includes(timing.idleS)) throw new TypeError("no such time");
  const { row } = await lockOf(database);
  await changeBox(database, { lock: { ...row, ...timing } });
}

/** Let the phone's own lock open this box as well; with undefined no longer. */
export async function setFinger(
  database: string,
  pin: string,
  nowMs: () => number,
  way: { readonly credential: Bytes; readonly salt: Bytes; readonly secret: Bytes } | undefined,
): Promise<void> {
  const raw = await openByPin(database, pin, nowMs);
  const { row, local } = await lockOf(database);
  const { finger: _, ...bare } = row;
  if (way === undefined) {
    await changeBox(database, { lock: bare });
    return;
  }
  const { credential, salt, secret } = way;
  const sealed = await sealedTwice(await fingerKey(secret), raw, local, "finger");
  await changeBox(database, { lock: { ...bare, finger: { credential, salt, sealed } } });
}

/**
 * Rung 2 of the key store: the keys of a new profile as text, under a lock from the first moment.
 *
 * @throws KeyStoreError `exists`, or `none`: this browser does not keep bytes either. Nothing stays.
 */
export async function createWrappedKeys(
  database: string,
  kem: Kem,
  pin: string,
): Promise<{ readonly keys: ProfileKeys; readonly data: CryptoKey }> {
  if (!isPin(pin)) throw new TypeError("a number has 4 to 8 digits");
  const raw = randomBytes(32);
  const data = await aesKey(raw);
  const drawn = await drawWritten(kem);
  const wrapped = await wrapKeys({ ...drawn, local: [...randomBytes(32)] }, data);
  const made = await ProfileKeys.from(wrapped, data);
  const content = { device: wrapped, lock: await lockRow(pin, raw, undefined) };
  try {
    const keys = await storeAndProve(database, content, made, async () => {
      const { row, local } = await lockOf(database);
      return loadKeys(database, await aesKey(await tryPin(row, pin, local)));
    });
    return { keys, data };
  } catch (error) {
    if (error instanceof KeyStoreError && error.why === "exists") throw error;
    throw new KeyStoreError("none", error);
  }
}

/**
 * Change keys and lock together, after both were read back from the disk, opened and used.
 *
 * @param pin Opens the new lock; undefined where there is none.
 */
async function changeWhenProven(
  database: string,
  before: ProfileKeys,
  next: { readonly device: DeviceRow; readonly lock: LockRow | undefined },
  pin: string | undefined,
): Promise<void> {
  await changeBox(database, { trial: next });
  try {
    const trial = (await readBox(database))?.trial as typeof next;
    const local = trial.device.level === 1 ? trial.device.local : undefined;
    const isLocked = pin !== undefined && trial.lock !== undefined;
    const data = isLocked ? await aesKey(await tryPin(trial.lock, pin, local)) : undefined;
    await prove(before, await ProfileKeys.from(trial.device, data));
  } catch (error) {
    await changeBox(database, { trial: undefined });
    throw new KeyStoreError("unreadable", error);
  }
  await changeBox(database, { ...next, tries: undefined, trial: undefined });
}

async function keysOf(database: string, data: CryptoKey): Promise<ProfileKeys> {
  const keys = await loadKeys(database, data);
  if (keys === undefined) throw new KeyStoreError("unreadable");
  return keys;
}

interface Locked {
  readonly row: LockRow;
  readonly device: DeviceRow;
  /** The opaque key that everything lies under as well; undefined in rung 2. */
  readonly local: CryptoKey | undefined;
}

async function lockOf(database: string): Promise<Locked> {
  const box = await readBox(database);
  if (box?.lock === undefined || box.device === undefined) throw new KeyStoreError("unreadable");
  const device = box.device as DeviceRow;
  return {
    row: box.lock as LockRow,
    device,
    local: device.level === 1 ? device.local : undefined,
  };
}

/** The key of the lock as bytes; a wrong number is counted, a right one ends the count. */
async function openByPin(database: string, pin: string, nowMs: () => number): Promise<Bytes> {
  const { row, local } = await lockOf(database);
  const before = (await readBox(database))?.tries as TriesRow | undefined;
  const now = nowMs();
  if (waitS(before, now) > 0) throw new PinRefused(left(before), waitS(before, now));
  const wrong = (before?.wrong ?? 0) + 1;
  const tries: TriesRow = { wrong, untilMs: now + waitAfter(wrong) * 1000 };
  // What a change that was broken off has left goes with it.
  await changeBox(database, { tries, trial: undefined });
  try {
    const raw = await tryPin(row, pin, local);
    await changeBox(database, { tries: undefined });
    return raw;
  } catch (error) {
    if (error instanceof CircleError) throw new PinRefused(left(tries), waitS(tries, nowMs()));
    throw error;
  }
}

async function tryPin(row: LockRow, pin: string, local: CryptoKey | undefined): Promise<Bytes> {
  const { salt, rounds, sealed } = row.pin;
  if (!(rounds >= ROUNDS_MIN && rounds <= ROUNDS_MAX)) throw new KeyStoreError("unreadable");
  return unsealed(await pinKey(pin, salt, rounds), sealed, local, "pin");
}

async function lockRow(pin: string, raw: Bytes, local: CryptoKey | undefined): Promise<LockRow> {
  const salt = randomBytes(SALT_BYTES);
  const sealed = await sealedTwice(await pinKey(pin, salt, ROUNDS), raw, local, "pin");
  const way = { digits: pin.length, salt, rounds: ROUNDS, sealed };
  return { pin: way, idleS: IDLE_S[0] ?? 120, whenHidden: true };
}

async function fingerKey(secret: Bytes): Promise<CryptoKey> {
  return hkdfKey(secret, "", "rj1 lock finger");
}

async function sealedTwice(
  key: CryptoKey,
  raw: Bytes,
  local: CryptoKey | undefined,
  way: "pin" | "finger",
): Promise<Bytes> {
  const once = await aesSeal(key, raw, utf8(`rj1 lock\0${way}`));
  return local === undefined ? once : aesSeal(local, once, localAad("lock"));
}

async function unsealed(
  key: CryptoKey,
  sealed: Bytes,
  local: CryptoKey | undefined,
  way: "pin" | "finger",
): Promise<Bytes> {
  const once = local === undefined ? sealed : await aesOpen(local, sealed, localAad("lock"));
  return aesOpen(key, once, utf8(`rj1 lock\0${way}`));
}

function left(tries: TriesRow | undefined): number {
  return Math.max(0, TRIES_FREE - (tries?.wrong ?? 0));
}

/** A clock that was set back makes no wait longer than it was. */
function waitS(tries: TriesRow | undefined, nowMs: number): number {
  if (tries === undefined) return 0;
  const rest = Math.ceil((tries.untilMs - nowMs) / 1000);
  return Math.max(0, Math.min(rest, waitAfter(tries.wrong)));
}
