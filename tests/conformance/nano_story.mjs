/**
 * nano, Apache's own client for Node, through the calls that its users make.
 *
 * Arguments: the folder of node_modules, the server's URL with name and password, the name of a
 * database that is not there yet. Prints one JSON object; compared by tests/conformance/test_nano.py.
 */
import { createRequire } from "node:module";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";

const [modules, url, name] = process.argv.slice(2);
const nano = createRequire(join(modules, "x.js"))("nano")(url);
const said = {};
const refused = (promise) => promise.then(() => "taken", ({ statusCode, error }) => [statusCode, error]);
const ids = ({ rows }) => rows.map(({ id }) => id);

said.created = (await nano.db.create(name)).ok;
said.again = await refused(nano.db.create(name));
said.listed = (await nano.db.list()).includes(name);
const db = nano.use(name);

const first = await db.insert({ n: 1 }, "exercise/1 ü");
const second = await db.insert({ _rev: first.rev, n: 2 }, "exercise/1 ü");
said.conflict = await refused(db.insert({ n: 3 }, "exercise/1 ü"));
said.read = (await db.get("exercise/1 ü", { revs_info: true })).n;
said.head = (await db.head("exercise/1 ü")).etag === `"${second.rev}"`;
said.named = /^[0-9a-f]{32}$/.test((await db.insert({ n: 0 })).id);
said.bulk = (await db.bulk({ docs: [1, 2, 3, 4].map((n) => ({ _id: `b${n}`, n })) })).map(({ ok }) => ok);
said.range = ids(await db.list({ startkey: "b2", endkey: "b3", include_docs: true }));
said.fetched = (await db.fetch({ keys: ["b4", "none"] })).rows.map(({ id, error }) => id ?? error);
said.revisions = Object.keys((await db.fetchRevs({ keys: ["b1"] })).rows[0].value);
said.removed = (await db.destroy("b1", (await db.get("b1"))._rev)).ok;
said.gone = await refused(db.get("b1"));

const bytes = Buffer.from(Array.from({ length: 70_000 }, (_, i) => i % 251));
const attached = await db.attachment.insert("pictured", "a b.png", bytes, "image/png");
said.attached = bytes.equals(await db.attachment.get("pictured", "a b.png"));
said.streamed = bytes.equals(await buffer(db.attachment.getAsStream("pictured", "a b.png")));
const related = await db.multipart.insert(
  { words: "two" },
  [{ name: "t.png", data: Buffer.from("hello"), content_type: "image/png" }],
  "related",
);
said.related = (await db.attachment.get("related", "t.png")).toString();
said.parts = (await db.multipart.get("related")).toString().includes("hello");
said.detached = (await db.attachment.destroy("pictured", "a b.png", { rev: attached.rev })).ok;

said.feed = (await db.changes({ since: 0 })).results.map(({ id }) => id).filter((id) => !/^[0-9a-f]{32}$/.test(id)).sort();
const until = (await db.info()).update_seq;
const followed = new Promise((resolve, reject) => {
  nano.use(name).changesReader.start({ since: until, wait: true }).on("change", ({ id }) => resolve(id)).on("error", reject);
});
await db.insert({ late: true }, "late");
said.followed = await followed;
const once = [];
await new Promise((resolve, reject) => {
  db.changesReader.get({ since: "0", batchSize: 3, timeout: 200 }).on("batch", (rows) => once.push(...rows)).on("end", resolve).on("error", reject);
});
const spooled = [];
await new Promise((resolve, reject) => {
  db.changesReader.spool({ since: "0" }).on("batch", (rows) => spooled.push(...rows)).on("end", resolve).on("error", reject);
});
said.spooled = spooled.length === once.length;
said.once = once.length === (await db.changes({ since: 0 })).results.length;
const [chosen] = (await db.changes({ descending: true, limit: 1 })).results;
said.newest = chosen.id;
said.lines = (await buffer(db.changesAsStream({ since: 0, feed: "normal" }))).toString().includes("last_seq");
said.session = (await nano.session()).userCtx;
said.login = (await nano.auth("admin", "admin")).ok;
said.uuids = (await nano.uuids(3)).uuids.length;
said.related_rev = related.ok;
said.destroyed = (await nano.db.destroy(name)).ok;
said.missing = await refused(db.get("late"));
process.stdout.write(JSON.stringify(said), () => process.exit(0));
