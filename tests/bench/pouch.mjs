/** One stock PouchDB pushes or pulls; arguments: folder of node_modules, database URL, direction. */
import { createRequire } from "node:module";
import { join } from "node:path";

const [modules, url, direction] = process.argv.slice(2);
const load = createRequire(join(modules, "x.js"));
const plain = (module) => module.default ?? module;
const PouchDB = plain(load("pouchdb-core"))
  .plugin(plain(load("pouchdb-adapter-memory")))
  .plugin(plain(load("pouchdb-adapter-http")))
  .plugin(plain(load("pouchdb-replication")));

const COUNT = 2000;
const BATCH = 500;
const docs = Array.from({ length: COUNT }, (_, n) => ({
  _id: `ev:2611:dAAAAAAAAAAAAAAAAAAAA:c${String(n + 1).padStart(6, "0")}`,
  h: "5.AAAAAAAAAAAAAAAA",
  c: String(n).padEnd(214, "c"),
  s: "s".repeat(86),
}));
const local = new PouchDB("local", { adapter: "memory" });
const remote = new PouchDB(url);
const source = direction === "push" ? local : remote;
for (let start = 0; start < COUNT; start += BATCH) {
  await source.bulkDocs(docs.slice(start, start + BATCH));
}
const begun = performance.now();
const result =
  direction === "push"
    ? await local.replicate.to(remote, { batch_size: BATCH })
    : await local.replicate.from(remote, { batch_size: BATCH });
const seconds = (performance.now() - begun) / 1000;
if (result.docs_written !== COUNT) throw new Error(`${result.docs_written} of ${COUNT} copied`);
console.log(JSON.stringify({ rate: COUNT / seconds }));
process.exit(0);
