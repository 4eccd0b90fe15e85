/**
 * Stock PouchDBs of a world: `node pouchdb_host.mjs NODE_MODULES`; spoken to as `pwa/test/sim/host.ts`.
 *
 * Each life is one PouchDB in memory. Its network is the world's, through the option `fetch`.
 */
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";

const QUIET_TURNS = 12;
const load = createRequire(join(process.argv[2], "x.js"));
const plain = (module) => module.default ?? module;
const turn = setImmediate;
const say = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);
let moves = 0;
globalThis.setTimeout = (run, _ms, ...all) => turn(() => run(...all));
globalThis.setImmediate = (run, ...all) => turn(() => { moves += 1; run(...all); });
process.on("unhandledRejection", () => {});

const PouchDB = plain(load("pouchdb-core"))
  .plugin(plain(load("pouchdb-adapter-memory")))
  .plugin(plain(load("pouchdb-adapter-http")))
  .plugin(plain(load("pouchdb-replication")));

const lives = new Map();
const asked = new Map();
let numbers = 0;
let world = 0;

function fetching(life) {
  return (url, init = {}) => {
    moves += 1;
    numbers += 1;
    const id = numbers;
    const headers = [...new Headers(init.headers), ["authorization", `Basic ${btoa("admin:secret")}`]];
    const body = Buffer.from(init.body ?? "").toString("base64");
    say({ fetch: id, life, method: init.method ?? "GET", url: String(url), headers, body });
    return new Promise((resolve, reject) => asked.set(id, { resolve, reject }));
  };
}

class Life {
  constructor(name) {
    this.local = new PouchDB(`${world}-${name}`, { adapter: "memory" });
    const options = { adapter: "http", fetch: fetching(name), skip_setup: true };
    this.remote = new PouchDB("http://clinic.example/db/pouched", options);
  }
  async write(id, value) {
    const now = await this.local.get(id).catch(() => undefined);
    return (await this.local.put({ _id: id, _rev: now?._rev, value })).rev;
  }
  async remove(id) {
    const now = await this.local.get(id).catch(() => undefined);
    return now === undefined ? "" : (await this.local.remove(now)).rev;
  }
  async push() {
    const before = await this.leaves();
    const { ok, doc_write_failures: failures } = await PouchDB.replicate(this.local, this.remote);
    return ok && failures === 0 ? before : {};
  }
  async pull() {
    const { ok } = await PouchDB.replicate(this.remote, this.local);
    return ok;
  }
  async leaves() {
    const { results } = await this.local.changes({ style: "all_docs", since: 0 });
    return Object.fromEntries(results.map(({ id, changes }) => [id, changes.map(({ rev }) => rev).sort()]));
  }
  async shown() {
    return (await this.local.allDocs()).rows.map(({ id }) => id);
  }
}

function act(told) {
  const tell = (message) => {
    moves += 1;
    say({ ...message, id: told.id, life: told.life });
  };
  const life = lives.get(told.life);
  life[told.act](...told.with).then(
    (value) => tell({ done: value }),
    (error) => tell({ failed: String(error?.name ?? "error"), stack: String(error?.stack) }),
  );
}

function answer(told) {
  const waiting = asked.get(told.id);
  if (waiting === undefined) return;
  if (told.op === "head") Object.assign(waiting, { ...told, parts: [] });
  else if (told.op === "part") waiting.parts.push(Buffer.from(told.body, "base64"));
  else {
    asked.delete(told.id);
    const { status, headers, parts } = waiting;
    if (told.op === "break") waiting.reject(new TypeError("Failed to fetch"));
    else waiting.resolve(new Response(Buffer.concat(parts), { status, headers }));
  }
}

function hear(told) {
  if (told.op === "world") {
    world = told.id;
    lives.clear();
    asked.clear();
  } else if (told.op === "start") lives.set(told.life, new Life(told.life));
  else if (told.op === "act") act(told);
  else answer(told);
}

for await (const line of createInterface({ input: process.stdin })) {
  const told = JSON.parse(line);
  hear(told);
  for (let turns = 0, seen = moves; turns < QUIET_TURNS; turns += 1) {
    await new Promise((resolve) => turn(resolve));
    if (moves !== seen) [turns, seen] = [-1, moves];
  }
  say({ idle: told.n });
}
