/** Who asks: a token that this device signs, for a few minutes each, or a session that it opened. */
import type { Answer, Line, Question } from "./line.ts";

/** Asks with the login of this profile's device. */
export type LoggedIn = (path: string, question?: Question) => Promise<Answer>;

/** Ask as the device whose tokens `pass` makes; a token that came too late is renewed once. */
export function loggedIn(line: Line, pass: Pass): LoggedIn {
  return async (path, question = {}) => {
    const answer = await line.ask(path, { ...question, bearer: await pass.token() });
    const code = (answer.json as { code?: unknown } | null)?.code;
    if (answer.status !== 401 || code !== "clock") return answer;
    pass.forget();
    return line.ask(path, { ...question, bearer: await pass.token() });
  };
}

/** Makes login tokens and keeps the newest until shortly before its end. */
export class Pass {
  /** Seconds before its end at which a token is not used any more. */
  static readonly margin = 45;
  /** Seconds for which a token is good. */
  static readonly lifetime = 300;
  #token: Promise<string> | undefined;
  #session = "";
  #until = 0;
  readonly #make: (now: number) => Promise<string>;
  readonly #serverS: () => number;

  constructor(make: (now: number) => Promise<string>, serverS: () => number) {
    this.#make = make;
    this.#serverS = serverS;
  }

  token(): Promise<string> {
    const now = this.#serverS();
    // A clock that was set back makes the old token look young: then it is made anew as well.
    const usable = now < this.#until - Pass.margin && now >= this.#until - Pass.lifetime;
    if (this.#token === undefined || !usable) {
      this.#token = this.#make(now);
      this.#until = now + Pass.lifetime;
    }
    return this.#token;
  }

  /** The server has granted a session: as good as a token, and always the same few bytes. */
  open(session: string): void {
    this.#session = session;
  }

  get hasSession(): boolean {
    return this.#session !== "";
  }

  /** The header that says who asks. */
  async authorization(): Promise<string> {
    return this.#session === "" ? `Bearer ${await this.token()}` : `Session ${this.#session}`;
  }

  forget(): void {
    this.#token = undefined;
    this.#session = "";
  }
}
