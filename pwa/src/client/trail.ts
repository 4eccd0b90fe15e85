/** The clinic's trail: who did what to which circle, and when, as the server noted it for admins. */
import { type Acting, asked } from "./acting.ts";
import type { OpenCare } from "./care.ts";

export interface Act {
  readonly n: number;
  /** Unix seconds. */
  readonly at: number;
  readonly device: string;
  readonly circle: string;
  /** The operation of a log, or another word: `found`, `suspend`, `lift`, `ticket`, `silent`. */
  readonly act: string;
}

/**
 * One page of the trail, the newest first.
 *
 * @param word Acts of this word alone; all of them without one.
 * @param before Only those before this number.
 * @throws Refused This profile is no admin. LineError: no answer.
 */
export async function newestActs(
  acting: Acting,
  clinic: OpenCare,
  word = "",
  before = "",
): Promise<readonly Act[]> {
  const asks = Object.entries({ act: word, before }).filter(([, value]) => value !== "");
  const query = asks.length === 0 ? "" : `?${new URLSearchParams(asks)}`;
  const answer = await asked(acting, `/clinics/${clinic.circle}/audit${query}`);
  return (answer as { readonly acts: readonly Act[] }).acts;
}

/** All acts that the trail still has, the newest first; of one word where it is given. */
export async function trailOf(acting: Acting, clinic: OpenCare, word = ""): Promise<Act[]> {
  const found: Act[] = [];
  for (let before = ""; ; ) {
    const acts = await newestActs(acting, clinic, word, before);
    found.push(...acts);
    const last = acts.at(-1);
    if (last === undefined || last.n <= 1) return found;
    before = String(last.n);
  }
}
