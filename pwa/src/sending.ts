/**
 * What the room of sending may ask for: what it costs, whether all is there, what stays here, and
 * other phones as carriers.
 */
import type { ReadonlySignal } from "@preact/signals";
import type { Bytes } from "./circle/encoding.ts";

/** A record that the server did not take, or that this phone cannot open. */
export interface Stuck {
  /** Document id. */
  readonly id: string;
  /** Of docs/errors.md. */
  readonly code: string;
}

/** A file of another phone that is carried here. */
export interface Brought {
  readonly id: string;
  /** When it was taken in, unix seconds. */
  readonly at: number;
  readonly bytes: number;
  /** On its way; at the server; or what the server said against it, which is final. */
  readonly state: "here" | "there" | "refused";
}

/**
 * What a comparison with the server came to.
 *
 * whole: both have the same. mended: something was missing, and is there now. lacking: something is
 * still missing. unreached: it could not be made.
 */
export type Checked = "whole" | "mended" | "lacking" | "unreached";

/** A fact about this phone, by name; never about the person. */
export type Finding = readonly [name: string, value: string | number | boolean | undefined];

/** Room on this phone, bytes. */
export interface Space {
  readonly used: number;
  /** About what the browser lets this app have. */
  readonly all: number;
  /** Whether it promised to keep it when the phone gets full. */
  readonly isKept: boolean;
}

/** What a sealed file is made of: what waits, with or without what the server refused before. */
export type Packed = "waiting" | "stuck";

/** Sending, of one profile. */
export interface Sending {
  /** Bytes that went over the network this month. */
  readonly used: ReadonlySignal<number>;
  /** The month's budget, bytes; 0 = none. */
  readonly limit: ReadonlySignal<number>;
  /** Records that only this phone has. */
  readonly waiting: ReadonlySignal<number>;
  /** Whether a file can be sealed: the server's key is known. */
  readonly canSeal: ReadonlySignal<boolean>;
  /** Records that the server did not take. */
  readonly unsent: ReadonlySignal<readonly Stuck[]>;
  /** Documents that this phone cannot open. */
  readonly unopened: ReadonlySignal<readonly Stuck[]>;
  /** Files that are carried for others, the newest first. */
  readonly brought: ReadonlySignal<readonly Brought[]>;
  setLimit(bytes: number): Promise<void>;
  check(): Promise<Checked>;
  /** Offer what was refused once more, and open what did not open. */
  tryAgain(): Promise<void>;
  /**
   * A sealed file.
   *
   * @throws CircleError `schema`: there is nothing to carry; `limit`: too much for one file.
   */
  pack(what: Packed): Promise<Bytes>;
  /**
   * Take in a file of another phone, to be brought when there is a network.
   *
   * @param data As it was read, in either form.
   * @throws CircleError `schema`, `frame`, `limit`: it is none, or not whole; `target`: for another
   *   server. Error: it could not be kept.
   */
  take(data: Bytes): Promise<void>;
  /** Forget a file. */
  drop(id: string): Promise<void>;
  /** What somebody who helps with this phone needs to know of it. */
  diagnose(): Promise<readonly Finding[]>;
  /** Undefined where the browser does not tell. */
  space(): Promise<Space | undefined>;
  /** Ask the browser to keep what is here; whether it promised. */
  keepSpace(): Promise<boolean>;
  /** Let go of all that can be fetched again. */
  makeRoom(): Promise<void>;
  close(): void;
}
