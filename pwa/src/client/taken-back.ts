/**
 * The sound of a record that was taken back before it was sent stays unsent, and is let go.
 *
 * What says that it was taken back goes like any record, and so do record and attachments: numbers
 * have no gaps. Only the chunks, which hold the sound, never leave the phone.
 */
import type { Opened, Taken } from "../client.ts";
import type { AnyRecord } from "../records.gen.ts";
import { CHUNK, type Chunks } from "./chunks.ts";
import { recordName } from "./receipts.ts";

/** What of a circle counts, and what counts no more. */
export interface Told {
  readonly circle: string;
  readonly diary: { peek(): readonly Opened<AnyRecord>[] };
  readonly taken: { peek(): readonly Taken[] };
}

/** Resolves when none of these chunks waits any more. */
export async function letGo({ circle, diary, taken }: Told, chunks: Chunks): Promise<void> {
  const owed = new Map(chunks.owed(circle).map((doc) => [doc._id, doc]));
  if (owed.size === 0) return;
  const gone = new Set(taken.peek().map(({ id }) => id));
  const names = [...diary.peek(), ...taken.peek()].flatMap(({ id, value }) => {
    const isGone = value.type === "attachment" && gone.has(value.about ?? id);
    return isGone ? value.chunks.map((hash) => `${CHUNK}${recordName(id)?.device}:${hash}`) : [];
  });
  const docs = names.flatMap((name) => owed.get(name) ?? []);
  if (docs.length > 0) await chunks.forget(circle, docs);
}
