/**
 * Voices: what the screens may ask for of recordings that belong to records.
 */
import type { ReadonlySignal } from "@preact/signals";
import type { Bytes } from "./circle/encoding";
import type { Draft, Place } from "./client";

/** Longest recording, in seconds. */
export const SECONDS_MAX = 30;

/** A sound as it was recorded, or as it came. */
export interface Recording {
  /** Media type without parameters, such as "audio/webm". */
  readonly media: string;
  readonly seconds: number;
  readonly bytes: Bytes;
}

/** What is known of the voice of one record. */
export interface Voice {
  /** Length of the sound. */
  readonly seconds: number;
  /** Bytes that have to be fetched before it can be heard; 0 = it is here. */
  readonly toFetch: number;
  /** Whether all of it is on the server. */
  readonly place: Place;
  /** Whether the server does not take a part of it. */
  readonly isRefused: boolean;
}

/**
 * A voice that cannot be heard now. away: the server does not have it yet, or no more; offline: the
 * server was not reached; damaged: what came is not what was recorded.
 */
export class VoiceMissing extends Error {
  override readonly name = "VoiceMissing";
  readonly why: "away" | "offline" | "damaged";

  constructor(why: VoiceMissing["why"]) {
    super(`the voice is not here: ${why}`);
    this.why = why;
  }
}

/** The voices of one circle. */
export interface Media {
  /** By the id of the record that each belongs to. */
  readonly voices: ReadonlySignal<ReadonlyMap<string, Voice>>;
  /** Write a record that is spoken; resolves with its id when record and sound are durable here. */
  say(draft: Draft, recording: Recording): Promise<string>;
  /**
   * The sound of a record, fetched when it is not here; what came before a cut is kept.
   *
   * @throws VoiceMissing
   */
  listen(id: string): Promise<Recording>;
  close(): void;
}
