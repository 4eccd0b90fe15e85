/**
 * Voices of one circle: made here, kept, sent piece by piece, fetched when somebody listens.
 *
 * A sound is cut into pieces of 8 KiB, each an attachment with one chunk, so that a link which is
 * cut every few seconds brings one piece at a time and none twice. The chunks are on the shelf
 * before the record and its attachments are stored, all of these or none: what is shown as spoken
 * can be heard on this phone. Others fetch the chunks by their names when they listen.
 *
 * Source: docs/circle.md, "Attachments".
 */
import { computed, effect, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { chunkDocument, cut, joined, readChunk } from "../circle/attachment.ts";
import {
  formatDocumentId,
  parseDocumentId,
  type SealedDocument,
  seal,
} from "../circle/document.ts";
import { type Bytes, concat } from "../circle/encoding.ts";
import { CircleError } from "../circle/errors.ts";
import type { Body } from "../circle/frame.ts";
import type { Draft, Opened } from "../client.ts";
import { type Media, type Recording, type Voice, VoiceMissing } from "../media.ts";
import type { AnyRecord, Attachment } from "../records.gen.ts";
import type { StoredDocument } from "../records.ts";
import type { OpenCare } from "./care.ts";
import { CHUNK } from "./chunks.ts";
import { LineError } from "./line.ts";
import { asRecord, kindOf } from "./shapes.ts";
import type { Surroundings } from "./surroundings.ts";

/** Bytes of one piece: 4 s at 16 kbit/s. */
export const PIECE_BYTES = 8_192;

type Piece = Opened<Attachment>;

/** Where the chunks of a circle are. */
interface Held {
  readonly here: ReadonlySet<string>;
  readonly owed: ReadonlyMap<string, string>;
}

const NOTHING: Held = { here: new Set(), owed: new Map() };

export class OpenMedia implements Media {
  readonly voices: ReadonlySignal<ReadonlyMap<string, Voice>>;
  readonly #care: OpenCare;
  readonly #around: Surroundings;
  readonly #soon: () => void;
  readonly #held: Signal<Held> = signal(NOTHING);
  readonly #stop: () => void;

  private constructor(care: OpenCare, around: Surroundings, soon: () => void) {
    this.#care = care;
    this.#around = around;
    this.#soon = soon;
    this.voices = computed(() => voicesOf(piecesOf(care.diary.value), this.#held.value));
    this.#stop = effect(() => {
      if (around.chunks.changed.value >= 0) this.#look().catch(() => {});
    });
  }

  /** @param soon Something waits to be sent. */
  static async open(care: OpenCare, around: Surroundings, soon: () => void): Promise<OpenMedia> {
    await care.loaded;
    const media = new OpenMedia(care, around, soon);
    await media.#look();
    return media;
  }

  async say(draft: Draft, recording: Recording): Promise<string> {
    const { chunks } = this.#around;
    const care = this.#care;
    care.checkTrusted();
    const { circle, membership, keys } = care;
    const cuts = await Promise.all(piecesIn(recording.bytes).map((piece) => cut(circle, piece)));
    const sealed = cuts.flatMap((one) => one.chunks);
    const docs = (await Promise.all(
      sealed.map((chunk) => chunkDocument(membership, keys, chunk)),
    )) as unknown as StoredDocument[];
    await chunks.withRoom(() => chunks.owe(circle, docs));
    try {
      const indexes = cuts.map(({ index }) => index);
      const stored = await chunks.withRoom(() => this.#store(draft, recording, indexes));
      await care.take(stored);
      this.#soon();
      return stored[0]?._id ?? "";
    } catch (error) {
      await chunks.forget(circle, docs).catch(() => {});
      throw error;
    }
  }

  async listen(id: string): Promise<Recording> {
    const pieces = piecesOf(this.#care.diary.value).get(id) ?? [];
    const [first] = pieces;
    if (first === undefined || !isWhole(pieces)) throw new VoiceMissing("away");
    const parts: Bytes[] = [];
    for (const piece of pieces) parts.push(await this.#contentOf(piece));
    const { media, seconds = 0 } = first.value;
    return { media, seconds, bytes: concat(...parts) };
  }

  close(): void {
    this.#stop();
  }

  async #look(): Promise<void> {
    const { chunks } = this.#around;
    const { circle } = this.#care;
    const [kept, owed] = await Promise.all([chunks.kept(circle), chunks.owing(circle)]);
    this.#held.value = { here: new Set([...kept, ...owed.keys()]), owed };
  }

  /** Seal and store the record and its attachments under numbers that follow one another. */
  async #store(
    draft: Draft,
    { media, seconds }: Recording,
    indexes: readonly object[],
  ): Promise<readonly StoredDocument[]> {
    const care = this.#care;
    const { membership, keys, secrets, clock } = care;
    const kind = kindOf((draft as AnyRecord).type);
    const { month } = clock;
    return care.records.appendAll("c", (n) => {
      const about = formatDocumentId({ kind, month, device: keys.id, stream: "c", n });
      const cuts = indexes.map((index, part) => {
        const place = indexes.length > 1 ? { part, parts: indexes.length } : {};
        return {
          type: "attachment",
          about,
          media,
          seconds: Math.ceil(seconds),
          ...place,
          ...index,
        };
      });
      const drafts = [
        { kind, draft: draft as object },
        ...cuts.map((one) => ({ kind: "at", draft: one })),
      ];
      return Promise.all(
        drafts.map(async (one, at) => {
          const body = { ...one.draft, lam: care.nextLam + at, ...care.stamp } as Body;
          if (asRecord(one.kind, body) === undefined)
            throw new TypeError(`not a whole ${draft.type}`);
          const where = { kind: one.kind, month, n: n + at };
          return (await seal(membership, keys, secrets, where, body)) as SealedDocument &
            StoredDocument;
        }),
      );
    });
  }

  async #contentOf({ id, value }: Piece): Promise<Bytes> {
    const { circle, membership } = this.#care;
    const { device } = parseDocumentId(id);
    try {
      const sealed: Bytes[] = [];
      for (const hash of value.chunks) {
        const doc = await this.#chunk(`${CHUNK}${device}:${hash}`);
        sealed.push(await readChunk(membership, doc as unknown as SealedDocument));
      }
      return await joined(circle, value, sealed);
    } catch (error) {
      if (error instanceof CircleError) throw new VoiceMissing("damaged");
      throw error;
    }
  }

  /** A chunk that is here, or comes from the server; only what it says it is, is kept. */
  async #chunk(name: string): Promise<StoredDocument> {
    const { chunks, ask } = this.#around;
    const { circle, records, membership } = this.#care;
    const here = (await chunks.read(circle, name)) ?? (await records.read(name))[0];
    if (here !== undefined) return here;
    const answer = await ask(`/db/${circle}/${encodeURIComponent(name)}`).catch(
      (error: unknown) => {
        throw error instanceof LineError ? new VoiceMissing("offline") : error;
      },
    );
    if (answer.status !== 200) throw new VoiceMissing("away");
    const doc = answer.json as StoredDocument;
    if (doc._id !== name) throw new VoiceMissing("damaged");
    await readChunk(membership, doc as unknown as SealedDocument);
    await chunks.keep(circle, doc);
    return doc;
  }
}

function piecesIn(bytes: Bytes): Bytes[] {
  const count = Math.max(1, Math.ceil(bytes.length / PIECE_BYTES));
  return Array.from({ length: count }, (_, at) =>
    bytes.slice(at * PIECE_BYTES, (at + 1) * PIECE_BYTES),
  );
}

/** The attachments of each record, in their places. */
function piecesOf(diary: readonly Opened<AnyRecord>[]): Map<string, Piece[]> {
  const found = new Map<string, Piece[]>();
  for (const one of diary) {
    const { value } = one;
    if (value.type !== "attachment" || value.about === undefined) continue;
    found.set(value.about, [...(found.get(value.about) ?? []), one as Piece]);
  }
  for (const pieces of found.values()) {
    pieces.sort((a, b) => (a.value.part ?? 0) - (b.value.part ?? 0));
  }
  return found;
}

function isWhole(pieces: readonly Piece[]): boolean {
  const count = pieces[0]?.value.parts ?? 1;
  return pieces.length === count && pieces.every(({ value }, at) => (value.part ?? 0) === at);
}

function voicesOf(
  all: ReadonlyMap<string, readonly Piece[]>,
  { here, owed }: Held,
): ReadonlyMap<string, Voice> {
  return new Map([...all].map(([id, pieces]) => [id, voiceOf(pieces, here, owed)]));
}

function voiceOf(
  pieces: readonly Piece[],
  here: ReadonlySet<string>,
  owed: ReadonlyMap<string, string>,
): Voice {
  const named = pieces.map((piece) => {
    const { device } = parseDocumentId(piece.id);
    return { piece, names: piece.value.chunks.map((hash) => `${CHUNK}${device}:${hash}`) };
  });
  const lacking = named.filter(({ names }) => names.some((name) => !here.has(name)));
  const names = named.flatMap((one) => one.names);
  const isThere =
    isWhole(pieces) &&
    pieces.every(({ place }) => place === "server") &&
    names.every((name) => !owed.has(name));
  return {
    seconds: pieces[0]?.value.seconds ?? 0,
    toFetch: lacking.reduce((sum, { piece }) => sum + piece.value.size, 0),
    place: isThere ? "server" : "phone",
    isRefused: names.some((name) => (owed.get(name) ?? "") !== ""),
  };
}
