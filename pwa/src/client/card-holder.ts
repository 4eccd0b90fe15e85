/**
 * Who holds a printed card: for some moments this phone is the paper, and brings its own keys in.
 *
 * Source: docs/circle.md, "Recovery".
 */
import { b64uDecode } from "../circle/encoding.ts";
import * as entries from "../circle/entries.ts";
import { xwingPublic } from "../circle/envelope.ts";
import { EpochSecrets, type WrapDocument } from "../circle/epochs.ts";
import { CircleError } from "../circle/errors.ts";
import {
  type DeviceKeys,
  type DeviceSecret,
  deviceId,
  importDevice,
  loginToken,
  type Pub,
} from "../circle/keys.ts";
import { type LogDocument, Membership } from "../circle/log.ts";
import {
  openPaper,
  type Paper,
  paperDevice,
  type RecoveryDocument,
  readCode,
  recoveryId,
} from "../circle/recovery.ts";
import type { Role } from "../client.ts";
import { FOUND_PATH, logPath, refusal } from "./bundles.ts";
import type { Clock } from "./clock.ts";
import type { Line } from "./line.ts";
import { purposeOf } from "./links.ts";
import { type LoggedIn, loggedIn, Pass } from "./login.ts";
import type { Phone } from "./phone.ts";
import { pointOf } from "./point.ts";
import type { CircleRow } from "./shelf.ts";

const TRIES = 5;
const FASTER = /^(seq|prev|ts)$/;

interface Listed {
  readonly circle: string;
  readonly role: string;
}

/** The log of a circle, and what the paper can open there. */
interface Standing {
  readonly membership: Membership;
  readonly secrets: EpochSecrets;
}

export class CardHolder {
  /** Of its owner, in the circle in which it was printed. */
  readonly role: Role;
  readonly #paper: Paper;
  readonly #keys: DeviceKeys;
  readonly #ask: LoggedIn;
  readonly #line: Line;
  readonly #clock: Clock;
  readonly #circles: readonly string[];

  private constructor(
    paper: Paper,
    keys: DeviceKeys,
    ask: LoggedIn,
    line: Line,
    clock: Clock,
    listed: readonly Listed[],
  ) {
    this.#paper = paper;
    this.#keys = keys;
    this.#ask = ask;
    this.#line = line;
    this.#clock = clock;
    this.role = (listed.find(({ circle }) => circle === paper.circle)?.role ?? "patient") as Role;
    // Its own circle first: whoever is in there finds the others.
    const isHome = ({ circle }: Listed) => Number(circle === paper.circle);
    this.#circles = [...listed]
      .sort((left, right) => isHome(right) - isHome(left))
      .map(({ circle }) => circle);
  }

  /**
   * Find and open what belongs to a code, and log in as it.
   *
   * @throws CircleError `schema`, `target`, `limit`, `tag`: as `openPaper`; `removed`: an old card.
   */
  static async of(typed: string, phone: Phone, line: Line, clock: Clock): Promise<CardHolder> {
    const code = readCode(typed);
    const answer = await line.ask(`/recovery/${await recoveryId(code)}`);
    if (answer.status >= 300 && answer.status !== 404) throw refusal(answer);
    const found = answer.status === 404 ? null : (answer.json as { rec: RecoveryDocument }).rec;
    const paper = await openPaper(code, found);
    const keys = await importDevice(paper.secret, await pubOf(paper.secret));
    const pass = new Pass(
      (now) => loginToken(keys, phone.origin, now),
      () => clock.serverS,
    );
    const ask = loggedIn(line, pass);
    const mine = await ask(FOUND_PATH);
    const listed = mine.status === 200 ? (mine.json as { circles: Listed[] }).circles : [];
    if (!listed.some(({ circle }) => circle === paper.circle)) {
      throw new CircleError("removed", "this card is an old one, or belongs elsewhere");
    }
    return new CardHolder(paper, keys, ask, line, clock, listed);
  }

  /** Bring a new device of the same owner into each circle of the card; gives each as it is done. */
  async *bringIn(pub: Pub): AsyncGenerator<Omit<CircleRow, "profile">> {
    for (const circle of this.#circles) {
      const membership = await this.#add(circle, pub);
      const { role } = membership.author(this.#keys.id);
      const pin = { seq: membership.seq, hash: membership.head };
      yield { circle, purpose: purposeOf(membership), role: role as Role, pin };
    }
  }

  async #add(circle: string, pub: Pub): Promise<Membership> {
    for (let tries = 1; ; tries += 1) {
      const { membership, secrets } = await this.#standing(circle);
      if (membership.live(await deviceId(pub)) !== undefined) return membership;
      const { role, member, s } = membership.author(this.#keys.id);
      const place = { role, member, s, dev: pub };
      const now = this.#clock.serverS;
      const made = await entries.add(this.#keys, membership, secrets, place, now);
      const body = JSON.stringify(made.bundle);
      const answer = await this.#line.ask(logPath(circle), { body });
      if (answer.status < 300) return made.membership;
      const error = refusal(answer);
      if (!FASTER.test(error.code) || tries >= TRIES) throw error;
    }
  }

  async #standing(circle: string): Promise<Standing> {
    const log = await this.#read<LogDocument>(circle, "log");
    const membership = await Membership.replay(
      circle,
      log.map(({ _id, j }) => ({ _id, j })),
    );
    await paperDevice(this.#paper, membership);
    const wraps = await this.#read<WrapDocument>(circle, "wrap");
    return { membership, secrets: await EpochSecrets.unlock(membership, this.#keys, wraps) };
  }

  async #read<T>(circle: string, kind: "log" | "wrap"): Promise<T[]> {
    const ends = `startkey="${kind}:"&endkey="${kind};"&include_docs=true`;
    const answer = await this.#ask(`/db/${circle}/_all_docs?${encodeURI(ends)}`);
    if (answer.status >= 300) throw refusal(answer);
    const { rows } = answer.json as { readonly rows: readonly { readonly doc?: T }[] };
    return rows.flatMap(({ doc }) => (doc === undefined ? [] : [doc]));
  }
}

/** The public half of a written secret. */
async function pubOf({ kem, ksk, ssk }: DeviceSecret): Promise<Pub> {
  const kpk = kem === "XWING" ? await xwingPublic(b64uDecode(ksk)) : pointOf(ksk);
  return { kem, kpk, spk: pointOf(ssk) };
}
