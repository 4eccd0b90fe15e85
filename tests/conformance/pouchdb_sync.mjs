/**
 * A stock PouchDB 9 against a server: both directions at once, conflicts, then live.
 *
 * Arguments: the folder of node_modules, the URL of a database that is not there yet. Prints one
 * JSON object; what it says is compared by tests/conformance/test_pouchdb_sync.py.
 */
import { createRequire } from "node:module";
import { join } from "node:path";

const [modules, url] = process.argv.slice(2);
const load = createRequire(join(modules, "x.js"));
const plain = (module) => module.default ?? module;
const PouchDB = plain(load("pouchdb-core"))
  .plugin(plain(load("pouchdb-adapter-memory")))
  .plugin(plain(load("pouchdb-adapter-http")))
  .plugin(plain(load("pouchdb-replication")));

const COUNT = 300;
const LIVE = 20;
const WAIT_MS = 20_000;
const QUIET_MS = 700;

const local = new PouchDB("local", { adapter: "memory" });
let requests = 0;
const remote = new PouchDB(url, {
  fetch: (address, options) => {
    requests += 1;
    return PouchDB.fetch(address, options);
  },
});

/** Every leaf of every document: `{id: ["2-…", …]}`, sorted. */
async function leaves(db) {
  const found = {};
  const { results } = await db.changes({ style: "all_docs", since: 0 });
  for (const row of results) found[row.id] = row.changes.map((change) => change.rev).sort();
  return Object.fromEntries(Object.entries(found).sort(([a], [b]) => (a < b ? -1 : 1)));
}

async function winners(db) {
  const { rows } = await db.allDocs({ include_docs: true, conflicts: true });
  // PouchDB's memory adapter lists conflicts in another order than CouchDB does.
  return rows.map(({ doc: { _conflicts = [], ...doc } }) =>
    JSON.stringify([Object.entries(doc).sort(), _conflicts.sort()]),
  );
}

const names = (prefix, count) =>
  Array.from({ length: count }, (_, i) => ({ _id: `${prefix} ${i}/ü%`, n: i, text: "é".repeat(50) }));

async function oneShot() {
  await local.bulkDocs(names("local", COUNT));
  await remote.bulkDocs(names("remote", COUNT));
  return PouchDB.sync(local, remote);
}

/** The same documents edited and deleted on both sides while apart. */
async function conflicts() {
  for (const [db, word] of [[local, "here"], [remote, "there"]]) {
    const { rows } = await db.allDocs({ startkey: "local 1", endkey: "local 2", include_docs: true });
    await db.bulkDocs(rows.map(({ doc }, i) => ({ ...doc, word, _deleted: word === "there" && i % 3 === 0 })));
    await db.bulkDocs(
      ["2-aaaa", "2-bbbb"].map((rev, i) => ({
        _id: "grafted",
        _rev: word === "here" ? rev : rev.replace("2-", "3-"),
        _revisions: word === "here" ? { start: 2, ids: [rev.slice(2), "root"] } : { start: 3, ids: [rev.slice(2), "cc", `root${i}`] },
        word,
      })),
      { new_edits: false },
    );
  }
  await PouchDB.sync(local, remote);
  await PouchDB.sync(local, remote);
}

async function until(what) {
  const end = Date.now() + WAIT_MS;
  while (!(await what())) {
    if (Date.now() > end) throw new Error("nothing arrived in time");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function live() {
  const syncing = PouchDB.sync(local, remote, { live: true, retry: false });
  const failed = new Promise((_, reject) => syncing.on("error", reject));
  const work = async () => {
    await new Promise((resolve) => setTimeout(resolve, 300));
    for (const doc of names("live local", LIVE)) await local.put(doc);
    for (const doc of names("live remote", LIVE)) await remote.put(doc);
    const last = `${LIVE - 1}/ü%`;
    await until(() => remote.get(`live local ${last}`).then(() => true, () => false));
    await until(() => local.get(`live remote ${last}`).then(() => true, () => false));
  };
  await Promise.race([work(), failed]);
  await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
  const before = requests;
  await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
  idle = requests - before;
  syncing.cancel();
}

let idle = -1;
const first = await oneShot();
const again = await PouchDB.sync(local, remote);
await conflicts();
await live();
const [here, there] = [await leaves(local), await leaves(remote)];
const info = await remote.info();
console.log(
  JSON.stringify({
    pushed: first.push.docs_written,
    pulled: first.pull.docs_written,
    failures: first.push.doc_write_failures + first.pull.doc_write_failures,
    again: again.push.docs_written + again.pull.docs_written,
    documents: info.doc_count,
    conflicted: Object.values(there).filter((revs) => revs.length > 1).length,
    idleRequests: idle,
    leavesEqual: JSON.stringify(here) === JSON.stringify(there),
    winnersEqual: JSON.stringify(await winners(local)) === JSON.stringify(await winners(remote)),
  }),
);
process.exit(0);
