/**
 * What this device holds of everyone's feeds, and whose word about them is not kept.
 *
 * Every signed document goes in, whether it can be read or not. The claims come from fences in the
 * log, from checkpoints, and from this device's own checkpoints of earlier days.
 */

import type { VerifiedDocument } from "../circle/document.ts";
import {
  type Alarm,
  alarms,
  type Chain,
  type Claim,
  chains,
  endOf,
  type FeedStart,
  markAt,
} from "../circle/feed.ts";
import type { Stream } from "../circle/grammar.ts";
import type { MarkPair } from "../circle/schema.ts";
import { holds, type Mark, type Standing } from "../circle/standing.ts";

type Fed = Pick<VerifiedDocument, "id" | "digest" | "hash">;

const STREAMS = ["c", "k"] as const;

export class Feeds {
  /** By digest: a document has one. */
  readonly #held = new Map<string, Fed>();
  #starts: readonly FeedStart[] = [];
  #chained: Promise<readonly Chain[]> | undefined;

  /** One more document whose signature is good. */
  take({ id, digest, hash }: Fed): void {
    if (this.#held.has(digest)) return;
    this.#held.set(digest, { id, digest, hash });
    this.#chained = undefined;
  }

  /** A revision that counts no more. */
  drop(rev: string): void {
    if (this.#held.delete(rev.slice(2))) this.#chained = undefined;
  }

  /** Where feeds begin of which a snapshot is held instead of documents. */
  beginAt(starts: readonly FeedStart[]): void {
    this.#starts = starts;
    this.#chained = undefined;
  }

  chained(): Promise<readonly Chain[]> {
    this.#chained ??= chains([...this.#held.values()], this.#starts);
    return this.#chained;
  }

  /**
   * How far each feed of a stream is held without a gap.
   *
   * @param most Greatest counter that may be told of a device.
   */
  async ends(stream: Stream, most: (device: string) => number): Promise<Map<string, Mark>> {
    const ends = new Map<string, Mark>();
    for (const chain of await this.chained()) {
      if (chain.stream !== stream) continue;
      const mark = markAt(chain, Math.min(endOf(chain).n, most(chain.device)));
      if (mark !== undefined && mark.n > 0) ends.set(chain.device, mark);
    }
    return ends;
  }

  /** Whether all is held, without a gap, up to these marks of stream `c`. */
  covers(marks: ReadonlyMap<string, Mark>): boolean {
    const places = new Set<string>();
    for (const { id } of this.#held.values()) {
      const { device, stream, n } = id;
      if (stream === "c" && n <= (marks.get(device)?.n ?? 0)) places.add(`${device}${n}`);
    }
    return places.size === [...marks.values()].reduce((sum, { n }) => sum + n, 0);
  }

  /** Up to where a device's records count, should it go now. */
  async marks(): Promise<(device: string, stream: Stream) => MarkPair> {
    const held = await this.chained();
    return (device, stream) => {
      const chain = held.find((each) => each.device === device && each.stream === stream);
      const { n, d } = chain === undefined ? { n: 0, d: "" } : endOf(chain);
      return [n, d];
    };
  }

  /** What is missing or exchanged, by everyone's word; the gravest first. */
  async alarms(claims: readonly Claim[]): Promise<Alarm[]> {
    return alarms(await this.chained(), claims);
  }
}

/** What the log says of the feeds of those who are gone, in the streams that `device` reads. */
export function fenceClaims(circle: Standing, device: string): Claim[] {
  const reader = circle.devices.get(device);
  const claims: Claim[] = [];
  for (const { device: gone, until, marks } of circle.devices.values()) {
    for (const stream of STREAMS) {
      if (until === null || reader === undefined || !holds(reader, stream)) continue;
      const by = circle.stamps[until]?.device ?? "";
      for (const mark of marks[stream] ?? []) claims.push({ device: gone, stream, mark, by });
    }
  }
  return claims;
}
