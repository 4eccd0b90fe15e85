/**
 * The fetch that PouchDB's replication uses: it adds the login and keeps PouchDB out of its traps.
 *
 * - A record's receipt is taken from the server's own words, `_revs_diff` and `_bulk_docs`, and is
 *   on the shelf before PouchDB may move its checkpoint past the record.
 * - Any refusal of one document is handed to PouchDB as `forbidden`: that one it skips, while every
 *   other error would end the run and repeat the same batch for ever.
 * - A record with another revision than its content is left out: it would stand for the true one.
 * - A `_bulk_get` that fails is answered with an error per document, which ends the run. If it
 *   rejected instead, the first one would make PouchDB fetch each document by itself, for the whole
 *   origin, until the page is closed.
 * - Deletions and later revisions are left out of `_changes`: no document of a circle has any but a
 *   checkpoint, so they can only hide the signed original. Checkpoints, of which only the newest
 *   counts, are fetched beside the replication and are not in the database.
 * - A database's figures, which PouchDB asks for in every run and needs for nothing here, are
 *   answered on the spot; so is the server's uuid, by the incarnation that it said at the begin of
 *   the sync. PouchDB names its checkpoints by it: one that a run leaves across a restore of the
 *   server, which lost what the run had sent before, is never asked for again.
 */
import type { CheckpointDocument } from "../circle/checkpoint.ts";
import { revOf, type SealedDocument } from "../circle/document.ts";
import type { Answer, Question } from "./line.ts";
import type { LoggedIn } from "./login.ts";
import { CircleUnavailable, type Outcome, unavailable } from "./outcome.ts";
import { recordName } from "./receipts.ts";

interface Named {
  readonly _id: string;
}
interface ChangesAnswer {
  readonly results: readonly {
    readonly id: string;
    readonly deleted?: boolean;
    readonly changes: readonly { readonly rev: string }[];
  }[];
  readonly last_seq?: unknown;
}
interface RowError {
  readonly id: string;
  readonly error?: string;
  readonly code?: string;
}

const FIRST_REVISION = /^1-[0-9a-f]{32}$/;

/** The server's copy of one circle, with the reason why it could not be reached the last time. */
export interface RemoteCircle {
  readonly url: string;
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  /** PouchDB wraps what was thrown; this is the original. Taken once. */
  takeFailure(): unknown;
  /** The server's store, other after a restore. */
  incarnationIs(incarnation: string): void;
  readonly incarnation: string | undefined;
}

/** The server's copy of `circle`. */
export function remoteOf(
  circle: string,
  origin: string,
  ask: LoggedIn,
  outcome: Outcome,
): RemoteCircle {
  let failure: unknown;
  let uuid: string | undefined;
  const checkpoints = new Checkpoints(ask);
  const root = `/db/${circle}/`;
  const changes = async (path: string, question: Question, all: ChangesAnswer): Promise<Answer> => {
    await takeCheckpoints(ask, root, all, outcome);
    const json = onlyOriginals(all);
    // PouchDB takes a page without rows for the end: one that held only other things is not it.
    if (json.results.length > 0 || all.results.length === 0) return { status: 200, json };
    const next = new URL(path, origin);
    next.searchParams.set("since", String(all.last_seq));
    return act(next.pathname + next.search, question);
  };
  const act = async (path: string, question: Question): Promise<Answer> => {
    if (path === "/db/") return { status: 200, json: { uuid } };
    if (path === root) return { status: 200, json: {} };
    const [route = ""] = path.slice(root.length).split("?");
    if (route === "_bulk_get") {
      const got = await bulkGet(ask, path, question, (error) => {
        failure = error;
      });
      return genuine(circle, got);
    }
    const answer = route.startsWith("_local/")
      ? await checkpoints.ask(path, question)
      : await ask(path, question);
    const why = unavailable(answer);
    if (why === "out" || (why === "gone" && !route.startsWith("_local/"))) {
      throw new CircleUnavailable(why);
    }
    if (answer.status >= 300) return answer;
    if (route === "_changes") return changes(path, question, answer.json as ChangesAnswer);
    if (route === "_revs_diff") await readDiff(question, answer, outcome);
    if (route === "_bulk_docs") return readRows(question, answer, outcome);
    return answer;
  };
  return {
    url: origin + root.slice(0, -1),
    fetch: async (url, init) => {
      const question: { -readonly [K in keyof Question]: Question[K] } = {};
      if (init.method !== undefined) question.method = init.method;
      if (typeof init.body === "string") question.body = init.body;
      if (init.signal) question.signal = init.signal;
      const answer = await act(url.slice(origin.length), question).catch((error: unknown) => {
        failure = error;
        throw error;
      });
      const headers = { "Content-Type": "application/json" };
      return new Response(JSON.stringify(answer.json), { status: answer.status, headers });
    },
    incarnationIs: (incarnation) => {
      uuid = incarnation;
    },
    get incarnation() {
      return uuid;
    },
    takeFailure: () => {
      const taken = failure;
      failure = undefined;
      checkpoints.forget();
      return taken;
    },
  };
}

/**
 * PouchDB reads its checkpoint at the start of a run and, before it writes, once more. Nobody else
 * writes it, so the second reading is answered by the first.
 */
class Checkpoints {
  readonly #read = new Map<string, Answer>();
  readonly #ask: LoggedIn;

  constructor(ask: LoggedIn) {
    this.#ask = ask;
  }

  async ask(path: string, question: Question): Promise<Answer> {
    const isRead = (question.method ?? "GET") === "GET";
    const known = this.#read.get(path);
    this.#read.delete(path);
    if (isRead && known !== undefined) return known;
    const answer = await this.#ask(path, question);
    if (isRead) this.#read.set(path, answer);
    return answer;
  }

  /** The run has failed: the next one begins by reading. */
  forget(): void {
    this.#read.clear();
  }
}

async function bulkGet(
  ask: LoggedIn,
  path: string,
  question: Question,
  failed: (error: unknown) => void,
): Promise<Answer> {
  const answer = await ask(path, question).catch(failed);
  if (answer?.status === 200) return answer;
  const { docs } = JSON.parse(question.body ?? "{}") as { docs: { id: string; rev: string }[] };
  const results = docs.map(({ id, rev }) => ({
    id,
    docs: [{ error: { id, rev, error: "unreachable", reason: "the server was not reached" } }],
  }));
  return { status: 200, json: { results } };
}

interface Got {
  readonly id: string;
  readonly docs: readonly { readonly ok?: Partial<SealedDocument> }[];
}

/**
 * Leave out records that have another revision than their content: stored under it, they would
 * keep the true one away for good.
 */
async function genuine(circle: string, answer: Answer): Promise<Answer> {
  const { results } = answer.json as { readonly results?: readonly Got[] };
  // Anything else than an answer to this question is left to PouchDB: it ends the run.
  if (!results?.every?.(({ docs }) => Array.isArray(docs))) return answer;
  const kept = results.map(async ({ id, docs }) => {
    const fits = await Promise.all(docs.map(({ ok }) => ok === undefined || isItself(circle, ok)));
    return { id, docs: docs.filter((_, at) => fits[at]) };
  });
  return { ...answer, json: { results: await Promise.all(kept) } };
}

async function isItself(circle: string, doc: Partial<SealedDocument>): Promise<boolean> {
  const { _id = "", _rev, h, c } = doc;
  if (recordName(_id) === undefined || h === undefined || c === undefined) return true;
  return _rev === (await revOf(circle, { ...doc, _id, h, c }));
}

/** Fetch the checkpoints among changes that are news. */
async function takeCheckpoints(
  ask: LoggedIn,
  root: string,
  { results }: ChangesAnswer,
  outcome: Outcome,
): Promise<void> {
  const docs = results.flatMap(({ id, changes }) =>
    id.startsWith("cp:")
      ? changes
          .filter(({ rev }) => !outcome.knowsCheckpoint(id, rev))
          .map(({ rev }) => ({ id, rev }))
      : [],
  );
  if (docs.length === 0) return;
  const answer = await ask(`${root}_bulk_get`, { body: JSON.stringify({ docs }) });
  if (answer.status >= 300) return;
  const got = (answer.json as { results: { docs: { ok?: CheckpointDocument }[] }[] }).results;
  for (const { ok } of got.flatMap((row) => row.docs)) {
    if (ok !== undefined) {
      await outcome.takeCheckpoint({ _id: ok._id, _rev: String(ok._rev), j: ok.j });
    }
  }
}

function onlyOriginals(answer: ChangesAnswer): ChangesAnswer {
  const results = answer.results
    .filter((row) => row.deleted !== true && !row.id.startsWith("cp:"))
    .map((row) => ({ ...row, changes: row.changes.filter(({ rev }) => FIRST_REVISION.test(rev)) }))
    .filter((row) => row.changes.length > 0);
  return { ...answer, results };
}

async function readDiff(question: Question, answer: Answer, outcome: Outcome): Promise<void> {
  const asked = Object.keys(JSON.parse(question.body ?? "{}"));
  const lacking = answer.json as Record<string, unknown>;
  await outcome.acknowledged(asked.filter((id) => !Object.hasOwn(lacking, id)));
}

async function readRows(question: Question, answer: Answer, outcome: Outcome): Promise<Answer> {
  const { docs } = JSON.parse(question.body ?? "{}") as { docs: Named[] };
  const errors = (answer.json as RowError[]).filter((row) => row.error !== undefined);
  const failed = new Set(errors.map((row) => row.id));
  await outcome.acknowledged(docs.map((doc) => doc._id).filter((id) => !failed.has(id)));
  for (const row of errors) await outcome.refusedBy(row.id, row.code ?? row.error ?? "schema");
  return {
    status: 201,
    json: errors.map(({ id }) => ({ id, error: "forbidden", reason: "refused" })),
  };
}
