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
 *     const { status, isItems, parts } = await line.post("/sync", body, "Session …");
 *     for await (const part of parts) …
 *
 * Bytes are counted where a meter was given.
 */
import type { Bytes } from "../circle/encoding.ts";
import { MEDIA_TYPE } from "../exchange/frames.ts";
import * as pace from "../exchange/pace.ts";
import type { Clock } from "./clock.ts";
import type { Phone } from "./phone.ts";
import { WireCost } from "./wire-cost.ts";

/** Length of an answer that does not tell it; more than a batch of records has. */
const UNTOLD_BYTES = 64 * 1024;
/** Shorter bodies fit into one packet as they are. */
const GZIP_BYTES_MIN = 600;
/** A connection that is begun so much later than what is asked over it takes another one's place. */
const REPEATED_MS = 300;
/**
 * Where a request waits for a connection after so long, Chromium begins to make a second one, which
 * on a slow link takes seconds from the first: it must not wait before.
 */
const DIAL_MS = 300;
/** Where two connections were made within so long, one may be gone between any two requests. */
const FRAIL_MS = 15_000;
/** Smaller than this share is smaller: reading it costs something too. */
const GAIN = 0.95;

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

/** The beginning of an answer, and what follows piece by piece. */
export interface Reply {
  readonly status: number;
  /** Whether its parts are items of a CBOR sequence; else they are JSON. */
  readonly isItems: boolean;
  /** To be read to the end. Throws LineError where the answer is cut; what came before counts. */
  readonly parts: AsyncIterable<Bytes>;
}

/** What one-request sync needs of the line. */
export type Wire = Pick<Line, "post" | "turn">;

/** What a request may bring. */
export interface Question {
  readonly method?: string;
  readonly body?: string;
  /** In place of `body`: sent as they are. */
  readonly bytes?: Bytes;
  readonly bearer?: string;
  readonly signal?: AbortSignal;
}

/** Counts bytes of the network; see `meter.ts`. */
export interface Counter {
  count(up: number, down: number): void;
}

/** One request that is under way. */
interface Way {
  readonly url: string;
  readonly path: string;
  readonly authorization: string;
  readonly controller: AbortController;
  readonly sent: number;
  /** Bytes of the answer, so far or as it tells. */
  got: number;
  /** By the steady clock. */
  askedMs: number;
  /** By the phone's own. */
  readonly clockMs: number;
  /** Given up by its time-out, and not by somebody who asked for that. */
  isSilent: boolean;
  /** A connection was begun for it before it was asked. */
  isDialled: boolean;
  stop: () => void;
  readonly forget: () => void;
}

export class Line {
  readonly #phone: Phone;
  readonly #clock: Clock;
  readonly #counter: Counter | undefined;
  readonly #open = new Set<AbortController>();
  readonly #cost = new WireCost();
  #link = pace.NEW_LINK;
  /** With and without, requests go over connections of their own. There are no cookies in either. */
  #credentials: RequestCredentials = "same-origin";
  /** The network is another one than what is known was learned of. */
  #isOther = false;
  /** A connection was made last before Chromium would have begun a second one. */
  #isQuick = false;
  /** When the last connections were made, the newest last. */
  #made: readonly number[] = [];

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
    this.#isOther = true;
    this.#link = pace.returned(this.#link, this.#nowMs());
  }

  /**
   * Ask the server.
   *
   * @param path From the origin's root, with its slash.
   * @throws LineError No answer of the server came; what was asked may have happened or not.
   */
  async ask(path: string, question: Question = {}): Promise<Answer> {
    const { bytes, body = bytes, bearer, signal } = question;
    const { method = body === undefined ? "GET" : "POST" } = question;
    const headers = new Headers({ Accept: "application/json" });
    if (bearer !== undefined) headers.set("Authorization", `Bearer ${bearer}`);
    const type = body === bytes ? "application/octet-stream" : "application/json";
    if (body !== undefined) headers.set("Content-Type", type);
    const init: RequestInit = body === undefined ? { method, headers } : { method, headers, body };
    const way = this.#begin(path, headers, body?.length ?? 0, signal);
    try {
      const response = await this.#fetch(way, init);
      if (!isOf(response, "json")) throw new LineError("portal");
      const length = Number(response.headers.get("Content-Length") ?? UNTOLD_BYTES);
      this.#wait(way, pace.patienceMs(this.#link, length, this.#nowMs()));
      const text = await response.text();
      way.got = text.length;
      const json = parse(text);
      this.#arrived(way);
      if (response.status >= 500 || response.status === 429) throw new LineError("busy");
      this.#hear(way, response);
      return { status: response.status, json };
    } catch (error) {
      throw this.#failed(way, error);
    } finally {
      this.#end(way);
    }
  }

  /**
   * Post items, in gzip where that makes them smaller; resolves when the answer begins.
   *
   * @param path As in `ask`.
   * @param body A CBOR sequence.
   * @param authorization The header of that name.
   * @throws LineError No answer came; what was sent may have arrived or not.
   */
  async post(path: string, body: Bytes, authorization: string): Promise<Reply> {
    const packed = await smaller(body);
    const headers = new Headers({ "Content-Type": MEDIA_TYPE, Authorization: authorization });
    // Shorter than the phone's own list, which is nobody's business.
    headers.set("Accept-Language", "*");
    if (packed !== body) headers.set("Content-Encoding", "gzip");
    const way = this.#begin(path, headers, packed.length);
    try {
      const response = await this.#fetch(way, { method: "POST", headers, body: packed });
      const isItems = isOf(response, MEDIA_TYPE);
      const isOurs = isItems || isOf(response, "json");
      // A server of before says in plain text that it has no such path.
      if (!isOurs && response.status < 400) throw new LineError("portal");
      if (isItems) this.#hear(way, response);
      return { status: response.status, isItems, parts: this.#parts(response, way) };
    } catch (error) {
      this.#end(way);
      throw this.#failed(way, error);
    }
  }

  /** Always to its end: an answer that is left before takes the connection along. */
  async *#parts({ body }: Response, way: Way): AsyncGenerator<Bytes> {
    const reader = body?.getReader();
    try {
      for (;;) {
        this.#wait(way, pace.SILENCE_MAX_MS);
        const next = await reader?.read();
        way.stop();
        if (next?.value === undefined) break;
        way.got += next.value.length;
        yield next.value as Bytes;
      }
      this.#arrived(way);
    } catch (error) {
      throw this.#failed(way, error);
    } finally {
      this.#end(way);
    }
  }

  #begin(path: string, headers: Headers, sent: number, signal?: AbortSignal): Way {
    const controller = new AbortController();
    const abort = () => controller.abort();
    signal?.addEventListener("abort", abort);
    this.#open.add(controller);
    return {
      url: this.#phone.origin + path,
      path,
      authorization: headers.get("Authorization") ?? "",
      controller,
      sent,
      got: 0,
      askedMs: this.#nowMs(),
      clockMs: this.#phone.nowMs(),
      isSilent: false,
      isDialled: false,
      stop: () => {},
      forget: () => signal?.removeEventListener("abort", abort),
    };
  }

  #fetch(way: Way, init: RequestInit): Promise<Response> {
    return this.#mayWait(way)
      ? this.#dial(way).then(() => this.#go(way, init))
      : this.#go(way, init);
  }

  #go(way: Way, init: RequestInit): Promise<Response> {
    this.#wait(way, pace.patienceMs(this.#link, way.sent, way.askedMs));
    return this.#phone.fetch(way.url, {
      ...init,
      credentials: this.#credentials,
      // What is posted is not kept anyway, and this costs two headers.
      cache: init.method === "POST" ? "default" : "no-store",
      redirect: "error",
      signal: way.controller.signal,
    });
  }

  /** Whether a connection may have to be made, and that may take long. */
  #mayWait({ askedMs }: Way): boolean {
    if (this.#phone.dial === undefined) return false;
    const [one = 0, other = one] = this.#made;
    const isFrail = other > one && askedMs - one < 2 * FRAIL_MS && other - one < FRAIL_MS;
    return this.#isOther || (!this.#isQuick && (isFrail || pace.isNew(this.#link, askedMs)));
  }

  /** Have it made, where it is not there; resolves when no second one is made for who waits for it. */
  async #dial(way: Way): Promise<void> {
    this.#phone.dial?.(this.#credentials);
    way.isDialled = true;
    await new Promise<void>((resolve) => this.#phone.after(DIAL_MS, resolve));
    way.askedMs = this.#nowMs();
  }

  #end(way: Way): void {
    way.stop();
    way.forget();
    this.#open.delete(way.controller);
  }

  #arrived(way: Way): void {
    const timing = this.#phone.timing?.(way.url);
    this.#isOther = false;
    const got = timing?.encodedBytes || way.got;
    const { setupMs = 0, dialledMs = way.askedMs } = timing ?? {};
    if (setupMs > 0) this.#made = [...this.#made.slice(-1), this.#nowMs()];
    if (way.isDialled || setupMs > 0) this.#isQuick = setupMs < (way.isDialled ? 1 : DIAL_MS);
    this.#counter?.count(...this.#costOf(way, got, setupMs > 0));
    if (setupMs > 0 && dialledMs - way.askedMs > REPEATED_MS) this.#repeated(way, dialledMs);
    const askedMs = setupMs > 0 ? Math.max(way.askedMs, dialledMs) : way.askedMs;
    this.#link = pace.answered(this.#link, this.#trip({ ...way, askedMs }, got, setupMs));
  }

  /** The connection broke under it, and Chromium has sent it again by itself over another one. */
  #repeated({ sent, askedMs: beganMs }: Way, endedMs: number): void {
    const trip = { sent, got: 0, beganMs, endedMs, setupMs: 0 };
    this.#link = pace.cut(this.#link, trip, false);
  }

  /** How far it came is not told: it is counted as far as its time was enough for. */
  #failed(way: Way, error: unknown): LineError {
    const { controller, isSilent, got } = way;
    const [up, down] = this.#costOf(way, got, false);
    this.#isQuick = false;
    if (error instanceof LineError) {
      if (error.why === "portal") this.#counter?.count(up, down);
      return error;
    }
    const most = ((this.#nowMs() - way.askedMs) * pace.speedBytesS(this.#link)) / 1000;
    this.#counter?.count(Math.min(up, Math.floor(most)), got > 0 ? down : 0);
    // A browser goes on asking over a connection on which nothing comes any more.
    if (isSilent) this.#credentials = this.#credentials === "omit" ? "same-origin" : "omit";
    // Who gave it up by hand knows more than the line does.
    if (isSilent || !controller.signal.aborted) {
      this.#link = pace.cut(this.#link, this.#trip(way, got, 0), isSilent);
    }
    return new LineError(controller.signal.aborted ? "silent" : "down");
  }

  #costOf({ path, authorization, sent, askedMs: atMs }: Way, got: number, isNew: boolean) {
    return this.#cost.of({ path, authorization, sent, got, isNew, atMs });
  }

  #trip({ sent, askedMs }: Way, got: number, setupMs: number): pace.Trip {
    const endedMs = Math.max(this.#nowMs(), askedMs);
    return { sent, got, beganMs: Math.min(askedMs + setupMs, endedMs), endedMs, setupMs };
  }

  #wait(way: Way, ms: number): void {
    way.stop();
    way.stop = this.#phone.after(ms, () => {
      way.isSilent = true;
      way.controller.abort();
    });
  }

  #nowMs(): number {
    return Math.floor(this.#phone.steadyMs?.() ?? this.#phone.nowMs());
  }

  #hear({ clockMs }: Way, { headers }: Response): void {
    const serverMs = Date.parse(headers.get("Date") ?? "");
    // `Date` is cut to whole seconds: half of one is the better guess.
    if (!Number.isNaN(serverMs)) this.#clock.heard(serverMs + 500, clockMs);
  }
}

function isOf({ headers }: Response, type: string): boolean {
  return headers.get("Content-Type")?.includes(type) === true;
}

/** A body in gzip where that is worth it, else as it is. */
async function smaller(body: Bytes): Promise<Bytes> {
  if (body.length < GZIP_BYTES_MIN || globalThis.CompressionStream === undefined) return body;
  const stream = new Blob([body]).stream().pipeThrough(new CompressionStream("gzip"));
  const packed = new Uint8Array(await new Response(stream).arrayBuffer());
  return packed.length < GAIN * body.length ? packed : body;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new LineError("portal");
  }
}
