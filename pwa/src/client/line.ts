/**
 * The line to the server: every request has a time-out and every answer is known to be the server's.
 *
 * Three things that look like an answer are not one: silence, a page of a captive portal (status
 * 200, but neither JSON nor items), and a body that stops in the middle. All are the same to the
 * caller: the server was not reached, try again later. Of a long answer in items what came before
 * the cut is given all the same.
 *
 * How long is waited, and how large the next request may be, follows from how the last ones went;
 * see `exchange/pace.ts`. Who carries records asks `turn()` before each request:
 *
 *     const { bytes, waitMs } = line.turn();
 *     const answer = await line.send("/sync", body, { authorization: "Session …" });
 *     if (answer.bytes !== undefined) …items; answer.isCut: ask again for the rest
 *
 * Bytes are counted where a meter was given.
 */
import type { Bytes } from "../circle/encoding.ts";
import * as pace from "../exchange/pace.ts";
import type { Clock } from "./clock.ts";
import type { Phone, Timing } from "./phone.ts";
import { wireCost } from "./wire-cost.ts";

/** Length of an answer that does not tell it; more than a batch of records has. */
const UNTOLD_BYTES = 64 * 1024;
const ITEMS = "application/cbor-seq";

/** silent: no answer in time; down: no network; portal: something else answered; busy: try later. */
export type Unreached = "silent" | "down" | "portal" | "busy";

/** The server was not reached, or could not answer. */
export class LineError extends Error {
  override readonly name = "LineError";
  readonly why: Unreached;

  constructor(why: Unreached) {
    super(`the server was not reached: ${why}`);
    this.why = why;
  }
}

/** An answer of the server: its status and its JSON. */
export interface Answer {
  readonly status: number;
  readonly json: unknown;
}

/** An answer to items: items where it was understood, else JSON that says why not. */
export interface Items extends Answer {
  readonly bytes: Bytes | undefined;
  /** Whether the connection broke within the items; those before it count. */
  readonly isCut: boolean;
}

/** What a request may bring. */
export interface Question {
  readonly method?: string;
  readonly body?: string;
  readonly bearer?: string;
  readonly signal?: AbortSignal;
}

/** What a request of items brings besides them. */
export interface Sending {
  /** The whole header: `Bearer …` or `Session …`. */
  readonly authorization: string;
  /** Whether the body is in gzip. */
  readonly isGzip?: boolean;
  readonly signal?: AbortSignal;
}

/** Counts bytes of the network; see `meter.ts`. */
export interface Counter {
  count(up: number, down: number): void;
}

/** One request that is under way. */
interface Way {
  readonly url: string;
  readonly init: RequestInit;
  readonly controller: AbortController;
  readonly sent: number;
  readonly askedMs: number;
  /** Given up by its time-out, and not by somebody who asked for that. */
  isSilent: boolean;
  stop: () => void;
}

export class Line {
  readonly #phone: Phone;
  readonly #clock: Clock;
  readonly #counter: Counter | undefined;
  readonly #open = new Set<AbortController>();
  #link = pace.NEW_LINK;

  /** @param counter Told what each request cost. */
  constructor(phone: Phone, clock: Clock, counter?: Counter) {
    this.#phone = phone;
    this.#clock = clock;
    this.#counter = counter;
  }

  /** How much the next request may bring, and for how long nothing should be begun. */
  turn(): pace.Turn {
    return pace.allow(this.#link, this.#nowMs());
  }

  /** Requests in a row that were not answered. */
  get failures(): number {
    return this.#link.failures;
  }

  /** Give up every open request: the network that they wait on is gone. */
  cut(): void {
    for (const controller of this.#open) controller.abort();
  }

  /** A network is back: what is known of the last one holds no longer, open requests are given up. */
  returned(): void {
    this.cut();
    this.#link = pace.returned(this.#link, this.#nowMs());
  }

  /**
   * Ask the server.
   *
   * @param path From the origin's root, with its slash.
   * @throws LineError No answer of the server came; what was asked may have happened or not.
   */
  async ask(path: string, question: Question = {}): Promise<Answer> {
    const { body, bearer, method = body === undefined ? "GET" : "POST", signal } = question;
    const headers = new Headers({ Accept: "application/json" });
    if (bearer !== undefined) headers.set("Authorization", `Bearer ${bearer}`);
    if (body !== undefined) headers.set("Content-Type", "application/json");
    const init: RequestInit = body === undefined ? { method, headers } : { method, headers, body };
    const { status, json, bytes } = await this.#go(path, init, body?.length ?? 0, signal);
    if (bytes !== undefined) throw new LineError("portal");
    return { status, json };
  }

  /**
   * Send items and hear items.
   *
   * @param path As in `ask`.
   * @param body A CBOR sequence.
   * @throws LineError No answer of the server came, or not even its beginning; what was sent may
   *   have arrived.
   */
  async send(path: string, body: Bytes, sending: Sending): Promise<Items> {
    const headers = new Headers({ "Content-Type": ITEMS, Authorization: sending.authorization });
    if (sending.isGzip === true) headers.set("Content-Encoding", "gzip");
    return this.#go(path, { method: "POST", headers, body }, body.length, sending.signal);
  }

  async #go(path: string, init: RequestInit, sent: number, signal?: AbortSignal): Promise<Items> {
    const controller = new AbortController();
    const abort = () => controller.abort();
    signal?.addEventListener("abort", abort);
    const way: Way = {
      url: this.#phone.origin + path,
      init: {
        ...init,
        credentials: "omit",
        cache: "no-store",
        redirect: "error",
        signal: controller.signal,
      },
      controller,
      sent,
      askedMs: this.#nowMs(),
      isSilent: false,
      stop: () => {},
    };
    this.#open.add(controller);
    try {
      return await this.#exchange(way);
    } catch (error) {
      if (error instanceof LineError) throw error;
      this.#broke(way);
      throw new LineError(controller.signal.aborted ? "silent" : "down");
    } finally {
      way.stop();
      this.#open.delete(controller);
      signal?.removeEventListener("abort", abort);
    }
  }

  async #exchange(way: Way): Promise<Items> {
    const askedMs = this.#phone.nowMs();
    this.#allow(way, way.sent);
    const response = await this.#phone.fetch(way.url, way.init);
    const type = response.headers.get("Content-Type") ?? "";
    const length = response.headers.get("Content-Length");
    const isItems = type.includes(ITEMS);
    if (!isItems && !type.includes("json")) {
      this.#counter?.count(...wireCost(way.sent, 0, undefined));
      throw new LineError("portal");
    }
    const given = isItems && length === null ? await this.#pieces(way, response) : undefined;
    if (given !== undefined) return this.#told(way, response, given, askedMs);
    this.#allow(way, Number(length ?? UNTOLD_BYTES));
    // Not by a reader: Chromium ends the connection of an answer that is read piece by piece.
    const bytes = new Uint8Array(await response.arrayBuffer());
    return this.#told(way, response, { bytes, isCut: false }, askedMs);
  }

  /** A long answer, as far as it came. */
  async #pieces(
    way: Way,
    { body }: Response,
  ): Promise<{ bytes: Bytes; isCut: boolean } | undefined> {
    const reader = body?.getReader();
    if (reader === undefined) return undefined;
    const pieces: Uint8Array[] = [];
    let isCut = false;
    try {
      for (let isDone = false; !isDone; ) {
        this.#allow(way, 0);
        const piece = await reader.read();
        isDone = piece.done;
        if (piece.value !== undefined) pieces.push(piece.value);
      }
    } catch (error) {
      if (pieces.length === 0) throw error;
      isCut = true;
    }
    return { bytes: new Uint8Array(await new Blob(pieces as BlobPart[]).arrayBuffer()), isCut };
  }

  #told(
    way: Way,
    { status, headers }: Response,
    { bytes, isCut }: { bytes: Bytes; isCut: boolean },
    askedMs: number,
  ): Items {
    const timing = this.#phone.timing?.(way.url);
    if (isCut) this.#broke(way, bytes.length);
    else this.#arrived(way, bytes.length, timing);
    const isItems = headers.get("Content-Type")?.includes(ITEMS) === true;
    const json = isItems ? undefined : parse(new TextDecoder().decode(bytes));
    if (status >= 500 || status === 429) throw new LineError("busy");
    this.#hear(headers.get("Date"), askedMs);
    return { status, json, bytes: isItems ? bytes : undefined, isCut };
  }

  #arrived(way: Way, decoded: number, timing: Timing | undefined): void {
    const got = timing?.encodedBytes || decoded;
    this.#counter?.count(...wireCost(way.sent, got, timing));
    this.#link = pace.answered(this.#link, this.#trip(way, got, timing?.setupMs ?? 0));
  }

  /** How far it came is not told: it is counted as far as its time was enough for. */
  #broke(way: Way, got = 0): void {
    if (!this.#phone.online()) return;
    const [up, down] = wireCost(way.sent, got, undefined);
    const most = ((this.#nowMs() - way.askedMs) * pace.speedBytesS(this.#link)) / 1000;
    this.#counter?.count(Math.min(up, Math.floor(most)), got > 0 ? down : 0);
    // Who gave it up by hand knows more than the line does.
    if (way.controller.signal.aborted && !way.isSilent) return;
    this.#link = pace.cut(this.#link, this.#trip(way, got, 0), way.isSilent);
  }

  #trip({ sent, askedMs }: Way, got: number, setupMs: number): pace.Trip {
    const endedMs = Math.max(this.#nowMs(), askedMs);
    return { sent, got, beganMs: Math.min(askedMs + setupMs, endedMs), endedMs, setupMs };
  }

  /** From now on so many bytes may take their time, and not longer. */
  #allow(way: Way, bytes: number): void {
    way.stop();
    const ms = pace.patienceMs(this.#link, bytes, this.#nowMs());
    way.stop = this.#phone.after(ms, () => {
      way.isSilent = true;
      way.controller.abort();
    });
  }

  #nowMs(): number {
    return Math.floor(this.#phone.steadyMs?.() ?? this.#phone.nowMs());
  }

  #hear(date: string | null, askedMs: number): void {
    const serverMs = date === null ? Number.NaN : Date.parse(date);
    // `Date` is cut to whole seconds: half of one is the better guess.
    if (!Number.isNaN(serverMs)) this.#clock.heard(serverMs + 500, askedMs);
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new LineError("portal");
  }
}
