/**
 * How many records this profile has looked at, kept on this device only.
 *
 * It is a convenience for the reader ("3 new"), never told to anybody and no proof that a person
 * has seen something. It counts, so that a record that arrives late and sorts early is new too.
 */
import { type Signal, signal } from "@preact/signals";

const memory = new Map<string, Signal<number>>();

function counter(key: string): Signal<number> {
  let found = memory.get(key);
  if (!found) {
    found = signal(read(key));
    memory.set(key, found);
  }
  return found;
}

function read(key: string): number {
  try {
    return Number(localStorage.getItem(key)) || 0;
  } catch {
    return 0; // No storage, for example a blocked one: everything is new.
  }
}

/** Records of `list` beyond those looked at. `list` is a name such as "<profile>:<circle>:notes". */
export function newOf(list: string, total: number): number {
  return Math.max(0, total - counter(`looked:${list}`).value);
}

/** The person has the whole list before their eyes. */
export function lookedAt(list: string, total: number): void {
  const key = `looked:${list}`;
  counter(key).value = total;
  try {
    localStorage.setItem(key, String(total));
  } catch {
    // Nothing to do: it is new again after a restart.
  }
}
