/**
 * The standard road: CouchDB's replication by PouchDB, for servers that do not know one-request
 * sync. Fetched when one is met.
 *
 * Own records are sent by `_bulk_docs`, others' are fetched by a replication. A circle that cannot
 * be carried says so and never stops the others; what is wrong with the network ends the round.
 */
import httpAdapter from "pouchdb-adapter-http";
import PouchDB from "pouchdb-core";
import replication from "pouchdb-replication";
import { refusal } from "./client/bundles.ts";
import { LineError } from "./client/line.ts";
import type { LoggedIn } from "./client/login.ts";
import { CircleUnavailable, unavailable } from "./client/outcome.ts";
import { recordName } from "./client/receipts.ts";
import { type RemoteCircle, remoteOf } from "./client/remote.ts";
import type { StoredDocument } from "./records.ts";
import type { Synced } from "./sync.ts";

PouchDB.plugin(httpAdapter).plugin(replication);

/** Documents in one request: what a bad link carries between two cuts. */
const BATCH_MAX = 25;
const BATCH_MIN = 5;
/** Documents in one request before an act, and in one question what a restored server has. */
const BATCH_WHOLE = 100;
/** Circles that are carried at the same time. */
const CIRCLES_AT_ONCE = 3;

/** The server's copy of a circle, as a database of PouchDB's. */
interface Source extends RemoteCircle {
  readonly database: PouchDB;
}

export class Replication {
  readonly #ask: LoggedIn;
  readonly #origin: string;
  readonly #sources = new Map<Synced, Source>();
  /** Stores to which everything was offered since the app was opened, by circle. */
  readonly #offered = new Map<string, string>();
  #incarnation: string | undefined;
  #batch = BATCH_MAX;

  /** @param ask Asks with the login of this device. */
  constructor(ask: LoggedIn, origin: string) {
    this.#ask = ask;
    this.#origin = origin;
  }

  /**
   * Carry circles both ways; those with something to send go first.
   *
   * @param incarnation The server's store, where it says which: other after a restore.
   * @throws LineError The server was not reached.
   */
  async carry(circles: readonly Synced[], incarnation: string | undefined): Promise<void> {
    this.#incarnation = incarnation ?? this.#incarnation;
    const waiting = [...circles].sort(
      (left, right) => Math.sign(right.owed().length) - Math.sign(left.owed().length),
    );
    const carryNext = async (): Promise<void> => {
      for (let next = waiting.shift(); next; next = waiting.shift()) await this.#carry(next);
    };
    try {
      await Promise.all(Array.from({ length: CIRCLES_AT_ONCE }, carryNext));
      this.#batch = Math.min(BATCH_MAX, this.#batch * 2);
    } catch (error) {
      this.#batch = Math.max(BATCH_MIN, Math.floor(this.#batch / 2));
      throw error;
    }
  }

  /**
   * Fetch what is new in a circle.
   *
   * @throws LineError CircleUnavailable: it did not come.
   */
  async fetch(circle: Synced, batch = BATCH_WHOLE): Promise<void> {
    await this.#pull(circle, { batch_size: batch, batches_limit: 1 });
  }

  /** Fetch what is not here, whatever was fetched before. Throws as `fetch`. */
  async fetchAgain(circle: Synced): Promise<void> {
    const from = { batch_size: BATCH_WHOLE, batches_limit: 1, since: 0 };
    await this.#pull(circle, { ...from, checkpoint: false });
  }

  async #pull(circle: Synced, options: Parameters<PouchDB["replicate"]["from"]>[1]) {
    const source = this.#source(circle);
    const { database } = circle.records;
    try {
      await circle.records.run(database.replicate.from(source.database, options));
    } catch (error) {
      throw source.takeFailure() ?? error;
    }
  }

  #source(circle: Synced): Source {
    const known = this.#sources.get(circle);
    const remote = known ?? remoteOf(circle.circle, this.#origin, this.#ask, circle);
    if (this.#incarnation !== undefined) remote.incarnationIs(this.#incarnation);
    if (known !== undefined) return known;
    const { url, fetch } = remote;
    const database = new PouchDB(url, { adapter: "http", skip_setup: true, fetch });
    const made = Object.assign(remote, { database });
    this.#sources.set(circle, made);
    return made;
  }

  async #carry(circle: Synced): Promise<void> {
    try {
      // Who is out by the log sends nothing; who was told so too has nothing to ask either.
      if (circle.isOut.value) throw new CircleUnavailable("out");
      if (circle.trusted) {
        await this.#send(circle);
        await this.#offerAll(circle);
      }
      await circle.begin();
      await this.fetch(circle, this.#batch);
      if ((await circle.caughtUp()) && circle.trusted) await this.#send(circle);
      circle.went("well");
    } catch (error) {
      const cause = this.#source(circle).takeFailure() ?? error;
      if (cause instanceof LineError) throw cause;
      const isTold = circle.trouble === "out";
      circle.went(cause instanceof CircleUnavailable ? cause.why : "broken");
      if (cause instanceof CircleUnavailable && cause.why === "out") {
        await circle.courier.sendLate(this.#batch).catch(onlyWeather);
        if (!(circle.isOut.value && isTold)) await this.#hearWhy(circle).catch(onlyWeather);
      }
    }
  }

  /** The log of a circle is shown to who was taken out of it, up to where it says so. */
  async #hearWhy(circle: Synced): Promise<void> {
    await this.fetchAgain(circle);
    await circle.caughtUp();
  }

  /** Send what is owed; what became of it is told to the circle. */
  async #send(circle: Synced): Promise<void> {
    const docs = await circle.courier.outgoing();
    const source = this.#source(circle);
    for (let at = 0; at < docs.length; at += this.#batch) {
      const some = docs.slice(at, at + this.#batch);
      await source.fetch(`${source.url}/_bulk_docs`, {
        method: "POST",
        body: JSON.stringify({ docs: some, new_edits: false }),
      });
    }
  }

  /** A server that is another one than last time, as after a restore, gets what it has not. */
  async #offerAll(circle: Synced): Promise<void> {
    const store = this.#incarnation ?? "";
    const offered = this.#offered.get(circle.circle);

    if (offered === store || (store !== "" && circle.courier.offered === store)) return;
    for await (const docs of circle.courier.answered()) {
      const records = docs.filter(({ _id }) => recordName(_id) !== undefined);
      for (let at = 0; at < records.length; at += BATCH_WHOLE) {
        await this.#offer(circle.circle, records.slice(at, at + BATCH_WHOLE));
      }
    }
    this.#offered.set(circle.circle, store);
    if (store !== "") await circle.courier.offeredTo(store);
  }

  async #offer(circle: string, docs: readonly StoredDocument[]): Promise<void> {
    const asked = Object.fromEntries(docs.map(({ _id, _rev }) => [_id, [_rev]]));
    const diff = await this.#ask(`/db/${circle}/_revs_diff`, { body: JSON.stringify(asked) });
    const why = unavailable(diff);
    if (why !== undefined) throw new CircleUnavailable(why);
    if (diff.status >= 300) throw refusal(diff);
    const lost = docs.filter(({ _id }) => Object.hasOwn(diff.json as object, _id));
    for (let at = 0; at < lost.length; at += this.#batch) {
      const some = lost.slice(at, at + this.#batch);
      const body = JSON.stringify({ docs: some, new_edits: false });
      const answer = await this.#ask(`/db/${circle}/_bulk_docs?again=true`, { body });
      const refusedFor = unavailable(answer);
      if (refusedFor !== undefined) throw new CircleUnavailable(refusedFor);
      if (answer.status >= 300) throw refusal(answer);
    }
  }
}

/** What is left with a server that no longer lets this device in may be refused too. */
function onlyWeather(error: unknown): void {
  if (error instanceof LineError) throw error;
}
