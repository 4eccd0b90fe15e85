/**
 * A stock PouchDB 9 in memory that does what it is told and then says which leaves it has.
 *
 * Argument: the folder of node_modules. Standard input, one JSON object:
 *   url      of a database, with name and password
 *   local    documents with `_revisions`, written before anything else
 *   steps    [{verb: "push" | "pull" | "sync" | "live" | "hear", options, here?, there?, leaves?}]; a
 *            live sync writes the documents `here` and `there` one by one while it runs, and ends
 *            when both sides have so many leaves; `hear` is a live pull that ends when this side has
 *   details  true: leaves with all that they carry; else their revisions only
 *
 * Standard output: {results: one object of counts per step, leaves}; compared by pytest.
 */
import { createRequire } from "node:module";
import { join } from "node:path";
import { text } from "node:stream/consumers";

const WAIT_MS = 20_000;
const load = createRequire(join(process.argv[2], "x.js"));
const plain = (module) => module.default ?? module;
const PouchDB = plain(load("pouchdb-core"))
  .plugin(plain(load("pouchdb-adapter-memory")))
  .plugin(plain(load("pouchdb-adapter-http")))
  .plugin(plain(load("pouchdb-replication")));

const told = JSON.parse(await text(process.stdin));
const local = new PouchDB("local", { adapter: "memory" });
const remote = new PouchDB(told.url);

async function revisions(db) {
  const { results } = await db.changes({ style: "all_docs", since: 0 });
  return Object.fromEntries(results.map((row) => [row.id, row.changes.map(({ rev }) => rev).sort()]));
}

async function leavesOf(id) {
  const answers = await local.get(id, { open_revs: "all", revs: true, attachments: true });
  return answers.map(({ ok }) => ok);
}

async function everything(db) {
  const names = Object.keys(await revisions(db));
  return Object.fromEntries(await Promise.all(names.map(async (id) => [id, await leavesOf(id)])));
}

const count = (found) => Object.values(found).reduce((sum, revs) => sum + revs.length, 0);

async function until(leaves) {
  const end = Date.now() + WAIT_MS;
  for (;;) {
    const [here, there] = [count(await revisions(local)), count(await revisions(remote))];
    if (here === leaves && there === leaves) return;
    if (Date.now() > end) throw new Error(`${here} leaves here, ${there} there, ${leaves} expected`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function live({ here, there, leaves, options }) {
  const syncing = PouchDB.sync(local, remote, { live: true, ...options });
  const failed = new Promise((_, reject) => syncing.on("error", reject));
  const ended = new Promise((resolve) => syncing.on("complete", resolve));
  const work = async () => {
    for (const [db, docs] of [[local, here], [remote, there]])
      for (const doc of docs) await db.bulkDocs([doc], { new_edits: false });
    await until(leaves);
  };
  await Promise.race([work(), failed]);
  syncing.cancel();
  await ended;
  return {};
}

async function hear({ there, leaves, options }) {
  const pulling = PouchDB.replicate(remote, local, { live: true, ...options });
  const failed = new Promise((_, reject) => pulling.on("error", reject));
  const ended = new Promise((resolve) => pulling.on("complete", resolve));
  const work = async () => {
    for (const doc of there) await remote.bulkDocs([doc], { new_edits: false });
    const end = Date.now() + WAIT_MS;
    while (count(await revisions(local)) < leaves && Date.now() < end)
      await new Promise((resolve) => setTimeout(resolve, 50));
  };
  await Promise.race([work(), failed]);
  pulling.cancel();
  return counted(await ended);
}

function counted(result) {
  const { docs_read, docs_written, doc_write_failures, errors } = result;
  return { docs_read, docs_written, doc_write_failures, errors: errors.length };
}

const verbs = {
  push: async ({ options }) => counted(await PouchDB.replicate(local, remote, options)),
  pull: async ({ options }) => counted(await PouchDB.replicate(remote, local, options)),
  sync: async ({ options }) => {
    const { push, pull } = await PouchDB.sync(local, remote, options);
    return { push: counted(push), pull: counted(pull) };
  },
  live,
  hear,
};

await local.bulkDocs(told.local, { new_edits: false });
const results = [];
for (const step of told.steps) results.push(await verbs[step.verb]({ options: {}, ...step }));
const leaves = told.details ? await everything(local) : await revisions(local);
process.stdout.write(JSON.stringify({ results, leaves }), () => process.exit(0));
