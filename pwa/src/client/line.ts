/**
 * The line to the server: every request has a time-out and every answer is known to be the server's.
 *
 * Three things that look like an answer are not one: silence, a page of a captive portal (status
 * 200, but no JSON), and a body that stops in the middle. All are the same to the caller: the
 * server was not reached, try again later.
 */
import type { Clock } from "./clock.ts";
import type { Phone } from "./phone.ts";

/** Silence that is waited for; what travels up or down gets time for its bytes on top. */
const SILENCE_MS = 10_000;
/** Speed that is still waited for, bytes a second (about 8 kbit/s). */
const SLOWEST_BYTES_S = 1_000;
/** Length of an answer that does not tell it; more than a batch of records has. */
const UNTOLD_BYTES = 64 * 1024;

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

/** What a request may bring. */
export interface Question {
  readonly method?: string;
  readonly body?: string;
  readonly bearer?: string;
  readonly signal?: AbortSignal;
}

export class Line {
  readonly #phone: Phone;
  readonly #clock: Clock;
  readonly #open = new Set<AbortController>();

  constructor(phone: Phone, clock: Clock) {
    this.#phone = phone;
    this.#clock = clock;
  }

  /** Give up every open request: the network that they wait on is gone. */
  cut(): void {
    for (const controller of this.#open) controller.abort();
  }

  /**
   * Ask the server.
   *
   * @param path From the origin's root, with its slash.
   * @throws LineError No answer of the server came; what was asked may have happened or not.
   */
  async ask(path: string, question: Question = {}): Promise<Answer> {
    const headers = new Headers({ Accept: "application/json" });
    if (question.bearer !== undefined) headers.set("Authorization", `Bearer ${question.bearer}`);
    if (question.body !== undefined) headers.set("Content-Type", "application/json");
    const controller = new AbortController();
    const abort = () => controller.abort();
    question.signal?.addEventListener("abort", abort);
    const init: RequestInit = {
      method: question.method ?? (question.body === undefined ? "GET" : "POST"),
      headers,
      credentials: "omit",
      cache: "no-store",
      redirect: "error",
      signal: controller.signal,
    };
    if (question.body !== undefined) init.body = question.body;
    this.#open.add(controller);
    try {
      return await this.#exchange(path, init, controller, question.body?.length ?? 0);
    } catch (error) {
      if (error instanceof LineError) throw error;
      throw new LineError(controller.signal.aborted ? "silent" : "down");
    } finally {
      this.#open.delete(controller);
      question.signal?.removeEventListener("abort", abort);
    }
  }

  async #exchange(
    path: string,
    init: RequestInit,
    controller: AbortController,
    upBytes: number,
  ): Promise<Answer> {
    const askedMs = this.#phone.nowMs();
    let stop = () => {};
    const allow = (bytes: number) => {
      stop();
      const ms = SILENCE_MS + (bytes / SLOWEST_BYTES_S) * 1000;
      stop = this.#phone.after(ms, () => controller.abort());
    };
    try {
      allow(upBytes);
      const response = await this.#phone.fetch(this.#phone.origin + path, init);
      if (!response.headers.get("Content-Type")?.includes("json")) throw new LineError("portal");
      allow(Number(response.headers.get("Content-Length") ?? UNTOLD_BYTES));
      // Not by a reader: Chromium ends the connection of an answer that is read piece by piece.
      const json = parse(await response.text());
      if (response.status >= 500 || response.status === 429) throw new LineError("busy");
      this.#hear(response.headers.get("Date"), askedMs);
      return { status: response.status, json };
    } finally {
      stop();
    }
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
