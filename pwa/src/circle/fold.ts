/**
 * Merging what the server cannot read: the same set of operations gives the same record everywhere.
 *
 * Documents are facts that are added, never changed. Of what can be read, one document counts for
 * each author, stream and counter; they are ordered, and per member of a record the last one wins.
 * Each stream is folded by itself: what the clinicians' stream holds changes nothing that everyone
 * sees, nor could it be noticed there.
 *
 *     amend      new values for members of an own record that stands before it
 *     void       an own record counts no more, for ever
 *     set        settings, and names (`profile`), per member or for the clinic
 *     plan       versions; those that no later one names as a parent are in force, all of them
 *
 * "Own" is a record of the same member. In a cohort, therapists may also void anyone's `post`.
 *
 * Source: docs/circle.md, "Merging what the server cannot read".
 */
import type { Body } from "./frame.ts";
import { isObject, type Purpose, type Role, type Stream } from "./grammar.ts";
import { LAMPORT_AHEAD_MAX, LAMPORT_MAX } from "./limits.ts";

/** One verified operation with what its order depends on. */
export interface Operation {
  /** Logical time of the writer. */
  readonly lam: number;
  /** Unix seconds by the writer's corrected clock: only to break ties. */
  readonly at: number;
  readonly role: Role;
  readonly device: string;
  readonly stream: Stream;
  readonly n: number;
  /** Of header and sealed part, as in the document's revision; the signature is not in it. */
  readonly digest: string;
}

/** An operation with what it says, and whose it is. */
export interface Statement extends Operation {
  /** The document's name. */
  readonly id: string;
  readonly kind: string;
  /** Member id of the author. */
  readonly member: string;
  readonly body: Body;
}

/** What is folded: which stream of which kind of circle. */
export interface FoldOf {
  readonly purpose: Purpose;
  readonly stream?: Stream;
  readonly before?: number;
}

/** One record as it stands. */
export interface Shown<T extends Statement> {
  readonly statement: T;
  /** The record with what was amended. */
  readonly body: Body;
  /** Names of the amendments in it, in order. */
  readonly amended: readonly string[];
  /** Name of the operation since which it counts no more; "" while it counts. */
  readonly void: string;
}

/** What one stream of a circle says. */
export interface Folded<T extends Statement> {
  /** Everything that is not itself about another record, in order, void ones too. */
  readonly records: readonly Shown<T>[];
  /** Names of the plan versions in force, in order: two were written side by side. */
  readonly plans: readonly string[];
  /** By member id, "" for the clinic: settings, and `name`. */
  readonly settings: ReadonlyMap<string, ReadonlyMap<string, unknown>>;
  /** Amendments and the like that count for nothing: not one's own, or nothing there. */
  readonly idle: readonly T[];
  /** Operations whose `lam` is ahead of all reason; they count for nothing. */
  readonly aside: readonly T[];
  /** The `lam` of the next operation of this stream. */
  readonly nextLam: number;
}

/** Rank of a role: at the same logical time the clinician's word is later. */
export function foldRank(role: Role): number {
  return role === "therapist" || role === "admin" ? 2 : 1;
}

/**
 * Operations in the order in which they count, each once.
 *
 * @param older Number of older operations that are not given, known from a snapshot.
 * @returns `ordered`, oldest first; `aside`: those whose logical time is ahead of all reason, which
 *   count for nothing, in each stream by itself; where two have one name, the one with the smaller digest is read.
 */
export function orderOperations<T extends Operation>(
  operations: readonly T[],
  older = 0,
): { ordered: T[]; aside: T[] } {
  const ordered: T[] = [];
  const aside: T[] = [];
  const before = { c: older, k: older };
  for (const operation of dedupe(operations).sort(compare)) {
    const { lam, stream } = operation;
    if (lam > LAMPORT_AHEAD_MAX + before[stream] || lam > LAMPORT_MAX) {
      aside.push(operation);
    } else {
      ordered.push(operation);
      before[stream] += 1;
    }
  }
  return { ordered, aside };
}

function dedupe<T extends Operation>(operations: readonly T[]): T[] {
  const byName = new Map<string, T>();
  for (const operation of operations) {
    const name = `${operation.device}:${operation.stream}${operation.n}`;
    const other = byName.get(name);
    if (other === undefined || operation.digest < other.digest) {
      byName.set(name, operation);
    }
  }
  return [...byName.values()];
}

function compare(left: Operation, right: Operation): number {
  return (
    left.lam - right.lam ||
    foldRank(left.role) - foldRank(right.role) ||
    left.at - right.at ||
    byText(left.device, right.device) ||
    byText(left.stream, right.stream) ||
    left.n - right.n ||
    byText(left.digest, right.digest)
  );
}

function byText(left: string, right: string): number {
  if (left === right) {
    return 0;
  }
  return left < right ? -1 : 1;
}

const KIND_OF: Readonly<Record<string, string>> = {
  amend: "ev",
  void: "ev",
  set: "pr",
  profile: "pr",
  plan: "pl",
};
/** What no amendment changes. */
const KEPT: readonly string[] = ["type", "lam", "at"];
const ABOUT_OTHERS: readonly string[] = ["amend", "void", "set", "profile"];

/** The operations that count, each with its place in their order. */
interface Order<T extends Statement> {
  readonly ordered: readonly T[];
  readonly places: ReadonlyMap<string, number>;
}

/** What an operation does; "" for a record of another kind than its type belongs to. */
function typeOf({ body, kind }: Statement): string {
  const { type } = body;
  if (typeof type !== "string") {
    return "";
  }
  return Object.hasOwn(KIND_OF, type) && KIND_OF[type] !== kind ? "" : type;
}

/**
 * Fold one stream of a circle; others' operations may be among the given ones.
 *
 * @param statements In any order; the same one may come twice.
 * @param of `before`: number of older operations that are not given, known from a snapshot.
 */
export function fold<T extends Statement>(statements: readonly T[], of: FoldOf): Folded<T> {
  const { purpose, stream = "c", before = 0 } = of;
  const given = statements.filter((one) => one.stream === stream);
  const { ordered, aside } = orderOperations(given, before);
  const order = { ordered, places: new Map(ordered.map(({ id }, place) => [id, place])) };
  const voids = voidsOf(order, purpose);
  const amendments = amendmentsOf(order, voids);
  const { settings, heard } = settingsOf(ordered, voids);
  const counting = new Set([...heard, ...voids.keys(), ...voids.values()]);
  for (const { id } of [...amendments.values()].flat()) {
    counting.add(id);
  }
  const isAbout = (one: T) => ABOUT_OTHERS.includes(typeOf(one));
  return {
    records: ordered
      .filter((one) => !isAbout(one))
      .map((one) => shown(one, amendments.get(one.id) ?? [], voids.get(one.id) ?? "")),
    plans: plansInForce(order, voids),
    settings,
    idle: ordered.filter((one) => isAbout(one) && !counting.has(one.id)),
    aside,
    nextLam: 1 + (ordered.at(-1)?.lam ?? 0),
  };
}

/** The record that an operation is about, if it stands before it. */
function targetOf<T extends Statement>({ ordered, places }: Order<T>, one: T): T | undefined {
  const { target } = one.body;
  const place = typeof target === "string" ? places.get(target) : undefined;
  return place !== undefined && place < (places.get(one.id) ?? 0) ? ordered[place] : undefined;
}

/** Each operation that counts no more, with the first one that says so. */
function voidsOf<T extends Statement>(order: Order<T>, purpose: Purpose): Map<string, string> {
  const voids = new Map<string, string>();
  for (const one of order.ordered) {
    const target = typeOf(one) === "void" ? targetOf(order, one) : undefined;
    if (target === undefined || typeOf(target) === "void" || voids.has(target.id)) {
      continue;
    }
    const isHiding = purpose === "cohort" && one.role === "therapist" && typeOf(target) === "post";
    if (target.member === one.member || isHiding) {
      voids.set(target.id, one.id);
    }
  }
  return voids;
}

/** The amendments that count, by the record that they are about, in order. */
function amendmentsOf<T extends Statement>(
  order: Order<T>,
  voids: ReadonlyMap<string, string>,
): Map<string, T[]> {
  const found = new Map<string, T[]>();
  for (const one of order.ordered) {
    const target = typeOf(one) === "amend" ? targetOf(order, one) : undefined;
    const { values, drop = [] } = one.body;
    const isWhole = isObject(values) && Array.isArray(drop) && !voids.has(one.id);
    if (
      target !== undefined &&
      isWhole &&
      target.member === one.member &&
      (target.kind === "ev" || target.kind === "nt") &&
      !["amend", "void"].includes(typeOf(target))
    ) {
      found.set(target.id, [...(found.get(target.id) ?? []), one]);
    }
  }
  return found;
}

function shown<T extends Statement>(
  statement: T,
  changes: readonly T[],
  isVoidSince: string,
): Shown<T> {
  const body = new Map(Object.entries(statement.body));
  for (const { body: change } of changes) {
    for (const [name, value] of Object.entries(change.values as Body)) {
      if (!KEPT.includes(name)) body.set(name, value);
    }
    for (const name of (change.drop ?? []) as readonly unknown[]) {
      if (!KEPT.includes(name as string)) body.delete(name as string);
    }
  }
  const amended = changes.map(({ id }) => id);
  return { statement, body: Object.fromEntries(body), amended, void: isVoidSince };
}

/**
 * Settings by member, and the names of the operations that were heard.
 *
 * What people say of themselves outranks what clinicians say of them, and that what others say; of
 * the clinic, clinicians alone speak.
 */
function settingsOf<T extends Statement>(
  ordered: readonly T[],
  voids: ReadonlyMap<string, string>,
): { settings: Map<string, Map<string, unknown>>; heard: Set<string> } {
  const best = new Map<string, Map<string, { tier: number; value: unknown }>>();
  const heard = new Set<string>();
  for (const one of ordered) {
    const said = saidBy(one);
    const tier = said?.whose === one.member ? 2 : foldRank(one.role) - 1;
    if (said === undefined || voids.has(one.id) || (said.whose === "" && tier === 0)) {
      continue;
    }
    heard.add(one.id);
    const known = best.get(said.whose) ?? new Map<string, { tier: number; value: unknown }>();
    for (const [name, value] of Object.entries(said.values)) {
      if (tier >= (known.get(name)?.tier ?? 0)) known.set(name, { tier, value });
    }
    best.set(said.whose, known);
  }
  const settings = new Map<string, Map<string, unknown>>();
  for (const [whose, known] of best) {
    if (known.size > 0) {
      settings.set(whose, new Map([...known].map(([name, { value }]) => [name, value])));
    }
  }
  return { settings, heard };
}

/** Of whom a record of settings speaks, "" for the clinic, and what; undefined when it is none. */
function saidBy(one: Statement): { whose: string; values: Body } | undefined {
  const { body } = one;
  const type = typeOf(one);
  const name = Object.hasOwn(body, "name") ? { name: body.name } : undefined;
  const values = type === "set" ? body.values : type === "profile" ? name : undefined;
  const whose = body.about === "clinic" ? "" : body.member;
  return typeof whose === "string" && isObject(values) ? { whose, values } : undefined;
}

/** Versions that no later one replaces. A void one stays replaced by nothing. */
function plansInForce<T extends Statement>(
  { ordered, places }: Order<T>,
  voids: ReadonlyMap<string, string>,
): string[] {
  const plans = ordered.filter((one) => typeOf(one) === "plan");
  const replaced = new Set<string>();
  for (const { id, body } of plans) {
    const { parents } = body;
    for (const parent of Array.isArray(parents) ? parents : []) {
      const place = typeof parent === "string" ? places.get(parent) : undefined;
      if (place !== undefined && place < (places.get(id) ?? 0)) replaced.add(parent);
    }
  }
  return plans.map(({ id }) => id).filter((id) => !replaced.has(id) && !voids.has(id));
}
