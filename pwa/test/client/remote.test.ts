/** The fetch that PouchDB is given: logins, receipts, and what it must never see. */
import { beforeEach, expect, test } from "vitest";
import type { Answer, Line, Question } from "../../src/client/line.ts";
import { LineError } from "../../src/client/line.ts";
import { loggedIn, Pass } from "../../src/client/login.ts";
import { CircleUnavailable } from "../../src/client/outcome.ts";
import { type RemoteCircle, remoteOf } from "../../src/client/remote.ts";

const CIRCLE = `c${"0".repeat(40)}`;
const ORIGIN = "http://clinic.test";
const REV = `1-${"a".repeat(32)}`;

let asked: [path: string, question: Question | undefined][];
let answers: (Answer | Error)[];
let acknowledged: string[];
let refused: [id: string, code: string][];
let checkpoints: unknown[];
let known: string;
let remote: RemoteCircle;

beforeEach(() => {
  [asked, answers, acknowledged, refused, checkpoints, known] = [[], [], [], [], [], ""];
  const ask = async (path: string, question?: Question) => {
    asked.push([path, question]);
    const answer = answers.shift() ?? { status: 200, json: {} };
    if (answer instanceof Error) throw answer;
    return answer;
  };
  remote = remoteOf(CIRCLE, ORIGIN, ask, {
    acknowledged: async (ids) => void acknowledged.push(...ids),
    refusedBy: async (id, code) => void refused.push([id, code]),
    knowsCheckpoint: (_, rev) => rev === known,
    takeCheckpoint: async (doc) => void checkpoints.push(doc),
  });
});

async function call(route: string, body?: unknown): Promise<unknown> {
  const init = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
  return (await remote.fetch(`${remote.url}/${route}`, init)).json();
}

test("what the server does not miss, it has", async () => {
  answers.push({ status: 200, json: { b: { missing: [REV] } } });
  await call("_revs_diff", { a: [REV], b: [REV] });
  expect(acknowledged).toEqual(["a"]);
});

test("receipts and refusals are per document, and PouchDB sees refusals as forbidden", async () => {
  answers.push({
    status: 201,
    json: [{ id: "b", error: "conflict", reason: "no", code: "taken" }],
  });
  const rows = await call("_bulk_docs", { docs: [{ _id: "a" }, { _id: "b" }], new_edits: false });
  expect([acknowledged, refused]).toEqual([["a"], [["b", "taken"]]]);
  expect(rows).toEqual([{ id: "b", error: "forbidden", reason: "refused" }]);
});

test("a failed answer to _bulk_docs is a receipt for nothing", async () => {
  answers.push(new LineError("silent"));
  await expect(call("_bulk_docs", { docs: [{ _id: "a" }] })).rejects.toThrow();
  expect([acknowledged, remote.takeFailure()]).toEqual([[], expect.any(LineError)]);
  expect(remote.takeFailure()).toBeUndefined();
});

test("a failed _bulk_get becomes an error per document, and the reason is kept", async () => {
  answers.push(new LineError("silent"));
  const { results } = (await call("_bulk_get", { docs: [{ id: "a", rev: REV }] })) as {
    results: { id: string; docs: { error?: unknown }[] }[];
  };
  expect(results).toMatchObject([{ id: "a", docs: [{ error: { id: "a", rev: REV } }] }]);
  expect(remote.takeFailure()).toBeInstanceOf(LineError);
});

test("only first revisions that are not deleted come out of _changes", async () => {
  const results = [
    { id: "a", changes: [{ rev: REV }] },
    { id: "b", changes: [{ rev: `2-${"b".repeat(32)}` }] },
    { id: "c", changes: [{ rev: REV }], deleted: true },
    { id: "d", changes: [{ rev: `2-${"b".repeat(32)}` }, { rev: REV }] },
  ];
  answers.push({ status: 200, json: { results, last_seq: "4-k1" } });
  expect(await call("_changes?since=0")).toEqual({
    results: [
      { id: "a", changes: [{ rev: REV }] },
      { id: "d", changes: [{ rev: REV }] },
    ],
    last_seq: "4-k1",
  });
});

test.each([
  [401, "out"],
  [403, "out"],
  [404, "gone"],
])("status %i of a circle means that it is %s", async (status, why) => {
  answers.push({ status, json: { error: "no" } });
  await expect(call("_changes?since=0")).rejects.toMatchObject({ why });
  expect(remote.takeFailure()).toBeInstanceOf(CircleUnavailable);
});

test("a checkpoint that is not there is an ordinary answer", async () => {
  answers.push({ status: 404, json: { error: "not_found" } });
  expect((await remote.fetch(`${remote.url}/_local/x`, {})).status).toBe(404);
});

test("figures that nobody needs are not asked for", async () => {
  await remote.fetch(`${ORIGIN}/db/`, {});
  await remote.fetch(`${remote.url}/`, {});
  expect(asked).toEqual([]);
});

function lineOf(codes: (string | undefined)[]): { line: Line; bearers: (string | undefined)[] } {
  const bearers: (string | undefined)[] = [];
  const ask = async (_path: string, question?: Question) => {
    bearers.push(question?.bearer);
    const code = codes.shift();
    return code === undefined ? { status: 200, json: {} } : { status: 401, json: { code } };
  };
  return { line: { ask } as unknown as Line, bearers };
}

test("a login that came too late is made anew once, by the server's clock", async () => {
  const { line, bearers } = lineOf(["clock"]);
  let now = 1000;
  const ask = loggedIn(
    line,
    new Pass(
      async (at) => `token of ${at}`,
      () => now++,
    ),
  );
  expect((await ask("/circles")).status).toBe(200);
  expect(bearers).toEqual(["token of 1000", "token of 1001"]);
});

test("any other 401 is not tried again", async () => {
  const { line, bearers } = lineOf(["author", "author"]);
  const ask = loggedIn(
    line,
    new Pass(
      async () => "token",
      () => 1000,
    ),
  );
  expect((await ask("/circles")).status).toBe(401);
  expect(bearers).toHaveLength(1);
});

test("a token serves until shortly before its end, or until the clock is set back", async () => {
  let now = 1000;
  const pass = new Pass(
    async (at) => `${at}`,
    () => now,
  );
  const tokens: string[] = [];
  for (now of [1000, 1200, 1254, 1255, 900]) tokens.push(await pass.token());
  expect(tokens).toEqual(["1000", "1000", "1000", "1255", "900"]);
});

test("PouchDB names its checkpoints by the server's store: another one after a restore", async () => {
  const uuid = async () => (await (await remote.fetch(`${ORIGIN}/db/`, {})).json()).uuid;
  expect(await uuid()).toBeUndefined();
  remote.incarnationIs("k3x9a");
  expect(await uuid()).toBe("k3x9a");
  remote.incarnationIs("k4x9a");
  expect(await uuid()).toBe("k4x9a");
  expect(asked).toEqual([]);
});

test("a checkpoint is fetched beside the replication, which never sees it", async () => {
  const rev = `12-${"d".repeat(32)}`;
  const row = { id: "cp:c:d", changes: [{ rev }] };
  const doc = { _id: "cp:c:d", _rev: rev, j: "token" };
  answers.push({ status: 200, json: { results: [row], last_seq: "7-k1" } });
  answers.push({ status: 200, json: { results: [{ id: doc._id, docs: [{ ok: doc }] }] } });
  answers.push({ status: 200, json: { results: [{ id: "a", changes: [{ rev: REV }] }] } });
  expect(await call("_changes?since=3&limit=1")).toMatchObject({ results: [{ id: "a" }] });
  expect(checkpoints).toEqual([doc]);
  expect(asked.map(([path]) => path.split("?")[1])).toEqual([
    "since=3&limit=1",
    undefined,
    "since=7-k1&limit=1",
  ]);
});

test("a checkpoint that is known is not fetched again", async () => {
  known = `12-${"d".repeat(32)}`;
  const row = { id: "cp:c:d", changes: [{ rev: known }] };
  answers.push({ status: 200, json: { results: [row], last_seq: 7 } });
  answers.push({ status: 200, json: { results: [], last_seq: 7 } });
  await call("_changes");
  expect(asked.map(([path]) => path.includes("_bulk_get"))).toEqual([false, false]);
});
