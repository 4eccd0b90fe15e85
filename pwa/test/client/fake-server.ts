/**
 * The server's routes in memory, as far as the client uses them, with faults on demand.
 *
 * It believes every token and checks no signature: what the real one decides is tested there. Here
 * it stands for what can happen to a client: silence, lost answers, refusals, a captive portal.
 */
import { structuralRev } from "../../src/circle/document.ts";
import { type LogDocument, Membership } from "../../src/circle/log.ts";
import type { FakeExchange } from "./fake-exchange.ts";

export interface Stored {
  readonly _id: string;
  readonly _rev: string;
  readonly [member: string]: unknown;
}

interface Named {
  readonly _id: string;
  readonly [member: string]: unknown;
}

export interface Circle {
  readonly docs: Map<string, Stored>;
  /** Id of each change, oldest first. */
  readonly feed: string[];
  readonly locals: Map<string, unknown>;
  /** What devices that are gone have left. */
  readonly quarantine: Map<string, Stored>;
}

/** What happens to a request: before the server sees it, or after it has acted. */
export type Fault = "down" | "lost" | "silent" | "portal" | "unavailable" | undefined;

/** What is only read, also where it is asked for by POST. */
const READS = /^(_changes|_bulk_get|_revs_diff|_local\/|$)/;
const PAGE = "<html>Welcome to FreeWiFi</html>";

export class FakeServer {
  readonly circles = new Map<string, Circle>();
  /** Requests so far, as `METHOD /path`. */
  readonly requests: string[] = [];
  /** Codes with which documents are refused, by id. */
  readonly refusals = new Map<string, string>();
  /** Circles that wait for their devices after a restore. */
  readonly waiting = new Set<string>();
  /** How many entries each catch-up brought. */
  readonly shown: number[] = [];
  /** Answers of `POST /circles` and `/log`, by code, used up in order. */
  readonly bundleRefusals: string[] = [];
  /** Unused setup secrets. */
  readonly setups = new Set<string>();
  /** Whether records under a key that is over are refused, and devices that are gone let in. */
  isStrict = false;
  /** Names of wraps that devices lack. */
  readonly missing = new Set<string>();
  /** What cards find, by the name that their codes give. */
  readonly papers = new Map<string, { readonly circle: string; readonly doc: Named }>();
  /** Answers `POST /sync`, where it is offered. */
  exchange: FakeExchange | undefined;
  /** Name of the store, where it tells one. */
  incarnation: string | undefined;
  nowMs = Date.UTC(2026, 10, 21, 12);
  fault: (request: string) => Fault = () => undefined;

  async fetch(url: string, init: RequestInit): Promise<Response> {
    const { pathname } = new URL(url);
    const request = `${init.method ?? "GET"} ${pathname}`;
    this.requests.push(request);
    const fault = this.fault(request);
    if (fault === "down") throw new TypeError("fetch failed");
    if (fault === "silent") return never(init.signal);
    if (fault === "portal") return new Response(PAGE, { headers: { "Content-Type": "text/html" } });
    if (fault === "unavailable") return this.#answer(503, { error: "unavailable" });
    if (request === "POST /sync" && this.exchange !== undefined) {
      const answer = await this.exchange.answer(init, this.nowMs);
      if (fault === "lost") throw new TypeError("connection reset");
      return answer;
    }
    const [status, json] = await this.#act(request, new URL(url), init);
    if (fault === "lost") throw new TypeError("connection reset");
    return this.#answer(status, json);
  }

  /** Make a circle as if it had been founded and grown by someone else. */
  async plant(circle: string, docs: readonly Stored[]): Promise<void> {
    const made = { docs: new Map(), feed: [], locals: new Map(), quarantine: new Map() };
    this.circles.set(circle, made);
    for (const doc of docs) this.#store(made, doc);
  }

  #answer(status: number, json: unknown): Response {
    const date = new Date(this.nowMs).toUTCString();
    const headers = { "Content-Type": "application/json", Date: date };
    return new Response(JSON.stringify(json), { status, headers });
  }

  async #act(request: string, url: URL, init: RequestInit): Promise<[number, unknown]> {
    const body = typeof init.body === "string" ? JSON.parse(init.body) : undefined;
    if (request === "GET /healthz") return [200, { ok: true }];
    if (request === "POST /circles") return this.#found(body);
    if (request === "GET /circles") {
      const store = this.incarnation === undefined ? {} : { incarnation: this.incarnation };
      return [200, { circles: await this.#mine(init), ...store }];
    }
    const [, area, name = "", ...rest] = url.pathname.split("/");
    if (area === "clinics" && rest[0] === "keys") {
      const clinic = this.circles.get(name);
      const devices = clinic === undefined ? undefined : (await this.membership(clinic)).devices;
      const pubs = body.devices.map((id: string) => [id, devices?.get(id)?.pub]);
      return [200, { pubs: Object.fromEntries(pubs) }];
    }
    if (area === "recovery") {
      const rec = this.papers.get(name);
      return rec === undefined
        ? [404, { error: "not_found", reason: "no such card" }]
        : [200, { circle: rec.circle, rec: rec.doc }];
    }
    if (rest[0] === "recovery") {
      if (init.method === "DELETE") this.papers.delete(rest[1] ?? "");
      else this.papers.set(rest[1] ?? "", { circle: name, doc: body.rec });
      return [200, { ok: true }];
    }
    const circle = this.circles.get(name);
    if (circle === undefined) return [404, { error: "not_found", reason: "no such circle" }];
    if (area === "circles" && rest[0] === "invitations") return this.#invitation(circle, rest[1]);
    if (area === "circles" && rest[0] === "requests") return this.#request(circle, body.req);
    if (area === "circles" && rest[0] === "wraps") return this.#wraps(circle, init.method, body);
    if (area === "circles" && rest[0] === "quarantine") {
      for (const doc of body.docs as Stored[]) circle.quarantine.set(doc._id, doc);
      return [201, []];
    }
    if (area === "circles" && body.again === true) return this.#bringBack(circle, body.entries);
    if (area === "circles") return this.#grow(circle, body);
    if (this.isStrict && !(await this.#isLive(circle, init))) {
      const hasBeen = (await this.membership(circle)).devices.has(kidOf(init));
      const isRead = READS.test(rest.join("/")) && init.method !== "PUT";
      if (!(hasBeen && isRead))
        return [403, { error: "forbidden", reason: "gone", code: "removed" }];
      // Who was taken out is shown the log alone.
      const log = { ...circle, feed: circle.feed.filter((id) => id.startsWith("log:")) };
      return this.#replicate(log, rest.join("/"), init.method ?? "GET", url, body);
    }
    return this.#replicate(circle, rest.join("/"), init.method ?? "GET", url, body);
  }

  #store(circle: Circle, doc: Stored): void {
    if (!circle.docs.has(doc._id)) circle.feed.push(doc._id);
    circle.docs.set(doc._id, doc);
  }

  async #keep(circle: Circle, { log, wraps, inv }: Record<string, unknown>): Promise<void> {
    for (const doc of [...(wraps as Stored[]), log as Stored, ...(inv ? [inv as Stored] : [])]) {
      this.#store(circle, { ...doc, _rev: await structuralRev(doc) });
    }
  }

  async #found(body: { log: LogDocument; setup?: string }): Promise<[number, unknown]> {
    const refusal = this.bundleRefusals.shift();
    if (refusal !== undefined) return [403, { error: "forbidden", reason: "no", code: refusal }];
    const { circle } = await Membership.founded(body.log);
    if (!this.circles.has(circle)) {
      if (body.setup !== undefined && !this.setups.delete(body.setup)) {
        return [403, { error: "forbidden", reason: "the setup link was used", code: "invite" }];
      }
      const made = { docs: new Map(), feed: [], locals: new Map(), quarantine: new Map() };
      this.circles.set(circle, made);
      await this.#keep(made, body as never);
    }
    return [201, { ok: true, circle }];
  }

  async #grow(circle: Circle, body: { log: LogDocument }): Promise<[number, unknown]> {
    const refusal = this.bundleRefusals.shift();
    if (refusal !== undefined) return [409, { error: "conflict", reason: "no", code: refusal }];
    if (this.waiting.has((await this.membership(circle)).circle)) {
      return [503, { error: "service_unavailable", reason: "it waits for its devices" }];
    }
    const there = circle.docs.get(body.log._id);
    if (there !== undefined && there.j !== body.log.j) {
      return [409, { error: "conflict", reason: "someone was faster", code: "seq" }];
    }
    await this.#keep(circle, body as never);
    return [201, { ok: true }];
  }

  /** A request is a document that live devices get. */
  async #request(circle: Circle, req: Stored): Promise<[number, unknown]> {
    const { invitations } = await this.membership(circle);
    const [, iid = ""] = req._id.split(":");
    const invitation = invitations.get(iid);
    if (invitation?.mode !== "approve" || invitation.state !== "open") {
      return [409, { error: "conflict", reason: "not open", code: "invite" }];
    }
    const { _rev, ...bare } = req;
    this.#store(circle, { ...bare, _rev: await structuralRev(bare as object) } as Stored);
    return [201, { ok: true }];
  }

  /** Wraps that were told to be missing, and those that are written again. */
  async #wraps(
    circle: Circle,
    method: string | undefined,
    body: { readonly wrap?: string; readonly wraps?: readonly Stored[] } | undefined,
  ): Promise<[number, unknown]> {
    if (body?.wrap !== undefined) this.missing.add(body.wrap);
    for (const doc of body?.wraps ?? []) {
      this.missing.delete(doc._id);
      this.#store(circle, { ...doc, _rev: await structuralRev(doc as object) });
      circle.feed.push(doc._id);
    }
    return [method === "POST" ? 201 : 200, { wraps: [...this.missing] }];
  }

  async #bringBack(circle: Circle, lost: Record<string, unknown>[]): Promise<[number, unknown]> {
    const refusal = this.bundleRefusals.shift();
    if (refusal !== undefined) return [409, { error: "conflict", reason: "no", code: refusal }];
    for (const each of lost) await this.#keep(circle, each);
    this.shown.push(lost.length);
    this.waiting.delete((await this.membership(circle)).circle);
    return [201, { ok: true }];
  }

  async #isLive(circle: Circle, init: RequestInit): Promise<boolean> {
    return (await this.membership(circle)).live(kidOf(init)) !== undefined;
  }

  async membership(circle: Circle): Promise<Membership> {
    const log = [...circle.docs.values()].filter(({ _id }) => _id.startsWith("log:"));
    const docs = log.sort((left, right) => (left._id < right._id ? -1 : 1));
    const [first, ...rest] = docs.map(({ _id, j }) => ({ _id, j: String(j) }));
    let membership = await Membership.founded(first as LogDocument);
    for (const doc of rest) membership = await membership.append(doc);
    return membership;
  }

  async #mine(init: RequestInit): Promise<unknown[]> {
    const kid = kidOf(init);
    const rows: unknown[] = [];
    for (const circle of this.circles.values()) {
      const membership = await this.membership(circle).catch(() => undefined);
      if (membership === undefined) continue;
      const live = membership.live(kid);
      const { purpose, seq } = membership;
      const waits = this.waiting.has(membership.circle) ? { waiting: true } : {};
      if (live) rows.push({ circle: membership.circle, purpose, role: live.role, seq, ...waits });
    }
    return rows;
  }

  #invitation(circle: Circle, iid: string | undefined): [number, unknown] {
    const inv = circle.docs.get(`inv:${iid}`);
    if (inv === undefined) return [404, { error: "not_found", reason: "unknown", code: "invite" }];
    const log = [...circle.docs.values()].filter(({ _id }) => _id.startsWith("log:"));
    const { _rev, ...bare } = inv;
    return [200, { log: log.sort((a, b) => (a._id < b._id ? -1 : 1)), inv: bare }];
  }

  #replicate(
    circle: Circle,
    route: string,
    method: string,
    url: URL,
    // biome-ignore lint/suspicious/noExplicitAny: the body of whichever route
    body: any,
  ): [number, unknown] | Promise<[number, unknown]> {
    if (route.startsWith("_local/")) return this.#local(circle, route, method, body);
    if (route === "_all_docs") {
      const [from, to] = ["startkey", "endkey"].map((end) =>
        JSON.parse(url.searchParams.get(end) ?? '""'),
      );
      const found = [...circle.docs.values()].filter(({ _id }) => from <= _id && _id <= to);
      const rows = found.sort((left, right) => (left._id < right._id ? -1 : 1));
      return [200, { rows: rows.map((doc) => ({ id: doc._id, doc })) }];
    }
    if (route === "_all_docs/queries") return [200, listed(circle, body.queries)];
    if (route === "_changes") return [200, this.#changes(circle, url)];
    if (route === "_revs_diff") {
      const lacking = Object.entries(body as Record<string, string[]>)
        .map(([id, revs]) => [id, revs.filter((rev) => circle.docs.get(id)?._rev !== rev)] as const)
        .filter(([, missing]) => missing.length > 0);
      return [200, Object.fromEntries(lacking.map(([id, missing]) => [id, { missing }]))];
    }
    if (route === "_bulk_get") {
      const results = (body.docs as { id: string; rev: string }[]).map(({ id, rev }) => {
        const ok = { ...circle.docs.get(id), _revisions: { start: 1, ids: [rev.slice(2)] } };
        return { id, docs: [{ ok }] };
      });
      return [200, { results }];
    }
    if (route === "_bulk_docs") {
      const isAgain = url.searchParams.get("again") === "true";
      return this.write(circle, body.docs, isAgain).then((rows) => [201, rows]);
    }
    const found = circle.docs.get(decodeURIComponent(route));
    if (method === "GET" && found !== undefined) return [200, found];
    return [404, { error: "not_found", reason: route }];
  }

  /** Take documents in; a row for each that is refused. */
  async write(
    circle: Circle,
    docs: (Stored & { _revisions?: unknown })[],
    isAgain: boolean,
  ): Promise<{ readonly id: string; readonly code: string }[]> {
    const errors: { id: string; error: string; reason: string; code: string }[] = [];
    const membership = this.isStrict ? await this.membership(circle) : undefined;
    for (const { _revisions, ...doc } of docs) {
      const id = doc._id;
      const isOver = !isAgain && isLate(membership, doc as Stored);
      const stored = circle.docs.get(id);
      const isOther = stored !== undefined && !id.startsWith("cp:") && stored._rev !== doc._rev;
      const code = this.refusals.get(id) ?? (isOther ? "taken" : isOver ? "stale" : undefined);
      if (code !== undefined) errors.push({ id, error: "conflict", reason: "no", code });
      else this.#store(circle, doc as Stored);
    }
    return errors;
  }

  #changes(circle: Circle, url: URL): unknown {
    const since = Number.parseInt(url.searchParams.get("since") ?? "0", 10);
    const limit = Number(url.searchParams.get("limit") ?? 1000);
    const rows = circle.feed.map((id, index) => ({
      seq: `${index + 1}-k1`,
      id,
      changes: [{ rev: circle.docs.get(id)?._rev }],
    }));
    const results = rows.slice(since, since + limit);
    return { results, last_seq: results.at(-1)?.seq ?? `${Math.max(since, 0)}-k1`, pending: 0 };
  }

  #local(circle: Circle, id: string, method: string, body: unknown): [number, unknown] {
    if (method === "PUT") {
      const rev = `0-${Math.random()}`;
      circle.locals.set(id, { ...(body as object), _rev: rev });
      return [201, { ok: true, id, rev }];
    }
    const found = circle.locals.get(id);
    return found ? [200, found] : [404, { error: "not_found", reason: "missing" }];
  }
}

function never(signal: AbortSignal | null | undefined): Promise<Response> {
  return new Promise((_, reject) => {
    signal?.addEventListener("abort", () => reject(new DOMException("aborted", "AbortError")));
  });
}

/** The device whose token a request carries. */
export function kidOf(init: RequestInit): string {
  const token = new Headers(init.headers).get("Authorization")?.slice(7) ?? "";
  return JSON.parse(atob(token.split(".")[0] ?? "") || "{}").kid;
}

/** Whether a record was sealed under a key that is over, or its stream has none that is in use. */
function isLate(membership: Membership | undefined, { _id, h }: Stored): boolean {
  if (membership === undefined || typeof h !== "string") return false;
  const stream = _id.slice(-7, -6) as "c" | "k";
  const epoch = membership.epochAt(stream, Number(h.split(".")[0]));
  return epoch !== membership.epochs[stream].at(-1) || membership.isStale(stream);
}

interface Asked {
  readonly startkey: string;
  readonly endkey: string;
  readonly descending?: boolean;
  readonly limit?: number;
}

function listed({ docs }: Circle, queries: readonly Asked[]): unknown {
  const names = [...docs.keys()].sort();
  const results = queries.map(({ startkey, endkey, descending = false, limit = names.length }) => {
    const [low, high] = descending ? [endkey, startkey] : [startkey, endkey];
    const inside = names.filter((id) => low <= id && id <= high);
    if (descending) inside.reverse();
    return { rows: inside.slice(0, limit).map((id) => ({ id, doc: docs.get(id) })) };
  });
  return { results };
}
