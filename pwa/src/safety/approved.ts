/** Which words a clinician signs, and whether one has signed those that are shown. */

import type { Opened } from "../client";
import type { Approval } from "../records.gen";
import type { Text, WordId } from "../words";
import { enSafety } from "../words/en-safety";
import { LIGHT_WORDS } from "./light-words";

/** The sets of words that are signed as a whole. */
export const TEXT_SETS = {
  "red-flags": (Object.keys(enSafety) as WordId[]).filter((id) => id.startsWith("flag.")),
  "pain-advice": LIGHT_WORDS,
} as const;

export type TextSet = keyof typeof TEXT_SETS;

/**
 * The version of a set of words: the SHA-256 of their ids and texts, base64url.
 *
 * @param textOf Gives a text, or its plural forms, of one language.
 */
export async function versionOf(set: TextSet, textOf: (id: WordId) => Text): Promise<string> {
  const words = TEXT_SETS[set].map((id) => [id, textOf(id)]);
  const bytes = new TextEncoder().encode(JSON.stringify(words));
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const text = btoa(String.fromCharCode(...hash));
  return text.replaceAll("+", "-").replaceAll("/", "_").replace("=", "");
}

/**
 * The approval of a version of a set in one language, as it stands last; undefined when nobody
 * stands for it. What is said by others than clinic staff counts for nothing.
 */
export function approvalOf(
  diary: readonly Opened<{ readonly type: string }>[],
  set: TextSet,
  version: string,
  language: string,
): Approval | undefined {
  const last = diary
    .filter(({ staff }) => staff)
    .map(({ value }) => value as Approval)
    .filter(({ type, texts }) => type === "approval" && texts === set)
    .filter((value) => value.version === version && value.language === language)
    .at(-1);
  return last?.approved ? last : undefined;
}
