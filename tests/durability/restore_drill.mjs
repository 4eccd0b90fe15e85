/**
 * Stock PouchDBs that do what they are told, one JSON line at a time; used by test_restore_drill.py.
 *
 * Arguments: the folder of node_modules, the URL of a database.
 */
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";

const [modules, url] = process.argv.slice(2);
const load = createRequire(join(modules, "x.js"));
const plain = (module) => module.default ?? module;
const PouchDB = plain(load("pouchdb-core"))
  .plugin(plain(load("pouchdb-adapter-memory")))
  .plugin(plain(load("pouchdb-adapter-http")))
  .plugin(plain(load("pouchdb-replication")));

const locals = [0, 1, 2].map((n) => new PouchDB(`local-${n}`, { adapter: "memory" }));
const remote = () => new PouchDB(url);

/** A run that stops before its n-th `_bulk_docs` until it is let go. */
let run;

const rows = async (db, prefix) =>
  (await db.allDocs({ startkey: prefix, endkey: `${prefix}\uffff`, include_docs: true })).rows;

const acts = {
  async write({ client, prefix, count }) {
    const docs = Array.from({ length: count }, (_, n) => ({ _id: `${prefix}-${n}`, n, c: "x".repeat(300) }));
    await locals[client].bulkDocs(docs);
  },
  async edit({ client, prefix, word }) {
    const found = await rows(locals[client], prefix);
    await locals[client].bulkDocs(found.map(({ doc }) => ({ ...doc, word })));
  },
  async remove({ client, prefix }) {
    const found = await rows(locals[client], prefix);
    await locals[client].bulkDocs(found.map(({ doc }) => ({ ...doc, _deleted: true })));
  },
  async sync({ client }) {
    const { push, pull } = await PouchDB.sync(locals[client], remote());
    return {
      pushed: push.docs_written,
      pulled: pull.docs_written,
      failures: push.doc_write_failures + pull.doc_write_failures,
    };
  },
  async begin({ client, batch, hold }) {
    let count = 0;
    let release;
    const free = new Promise((resolve) => {
      release = resolve;
    });
    const held = new Promise((resolve) => {
      const gated = new PouchDB(url, {
        fetch: async (address, options) => {
          if (String(address).includes("_bulk_docs")) {
            count += 1;
            if (count === hold) {
              resolve("held");
              await free;
            }
          }
          return PouchDB.fetch(address, options);
        },
      });
      const done = locals[client].replicate.to(gated, { batch_size: batch, batches_limit: 1 });
      run = { release, done };
    });
    return held;
  },
  async release() {
    run.release();
    return (await run.done).docs_written;
  },
  /** Every leaf of every document; of the server when no client is named. */
  async leaves({ client }) {
    const db = client === null ? remote() : locals[client];
    const { results } = await db.changes({ style: "all_docs", since: 0 });
    const found = results.map((row) => [row.id, row.changes.map((change) => change.rev).sort()]);
    return Object.fromEntries(found.sort(([a], [b]) => (a < b ? -1 : 1)));
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { act, ...more } = JSON.parse(line);
  try {
    const value = (await acts[act](more)) ?? null;
    console.log(JSON.stringify({ value }));
  } catch (error) {
    console.log(JSON.stringify({ error: String(error?.stack ?? error) }));
  }
}
process.exit(0);
