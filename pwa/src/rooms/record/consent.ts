/** What somebody agreed to, and which words were before them then. Pure but for the hash. */
import { b64uEncode } from "../../circle/encoding";
import type { Opened } from "../../client";
import type { AnyRecord, Consent } from "../../records.gen";
import { t, type WordId } from "../../words";

/** Id of the notice; its version is the hash of the words that were shown. */
export const NOTICE = "privacy";

/** The words of the notice, in their order; part of its version. */
export const NOTICE_WORDS = [
  "notice.what",
  "notice.who",
  "notice.where",
  "notice.seen",
  "notice.long",
  "notice.rights",
  "notice.choice",
] as const satisfies readonly WordId[];

/** The last answer to the notice from this person; undefined before the first. */
export function consentOf(diary: readonly Opened<AnyRecord>[]): Opened<Consent> | undefined {
  return diary
    .filter((one): one is Opened<Consent> => one.mine && one.value.type === "consent")
    .filter(({ value }) => value.notice === NOTICE)
    .at(-1);
}

/** The version of the notice as it is shown: SHA-256 of its words in the language that is spoken. */
export async function versionHere(): Promise<string> {
  const words = NOTICE_WORDS.map((id) => [id, t(id)]);
  const bytes = new TextEncoder().encode(JSON.stringify([NOTICE, words]));
  return b64uEncode(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
}
