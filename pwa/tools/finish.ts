/**
 * The last step of a build: the list of files for the service worker, compressed copies, the budget.
 *
 * Sizes are brotli bytes, since that is what travels. A build over its budget fails.
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { type Chunk, type Division, divide, neededFirst } from "./parts.ts";

/** Bytes each part may have, brotli; why there are budgets: docs/adr/0007-libraries-web.md. */
const BUDGETS = {
  interactive: 25 * 1024,
  records: 32 * 1024,
  worker: 2 * 1024,
  list: 3 * 1024,
  app: 120 * 1024,
  library: 8 * 1024,
  care: 40 * 1024,
  reminders: 16 * 1024,
  languages: 4 * 1024,
  telling: 8 * 1024,
  desk: 24 * 1024,
  planning: 12 * 1024,
  signing: 8 * 1024,
  members: 24 * 1024,
  lock: 10 * 1024,
  camera: 40 * 1024,
  xwing: 12 * 1024,
  standard: 12 * 1024,
  sending: 20 * 1024,
  copy: 6 * 1024,
  asked: 32 * 1024,
  language: 4 * 1024,
} as const;

const COMPRESSIBLE = /\.(html|js|css|svg|json|webmanifest)$/;
/** The exercises, drawn and told: on every phone from the first start on, weighed apart from the app. */
const LIBRARY = /^assets\/(figure|steps)-[^/]*\.js$/;
/** Files that the phone's launcher fetches for itself, and those beside the app. */
const NOT_KEPT = /^(sw\.js|assets\/.*|.*\.(br|gz)|.*\.png|robots\.txt|plain\.(html|css))$/;

interface Built {
  /** Path below the root, without a slash in front. */
  readonly path: string;
  readonly bytes: Buffer;
}

function filesBelow(folder: string): Built[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((file) => ({ path: file.slice(folder.length + 1), bytes: readFileSync(file) }));
}

function brotli(bytes: Buffer): Buffer {
  return brotliCompressSync(bytes, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: 11,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    },
  });
}

function hashOf(bytes: Buffer | string): string {
  return createHash("sha256").update(bytes).digest("base64");
}

/** Letters of a file's hash in the list: 48 bits tell versions apart. The list's own is whole. */
const HASH_LETTERS = 8;

/** Path and content hash of files, in the form in which the worker reads a group of its list. */
export function groupOf(files: readonly Built[]): Record<string, string> {
  return Object.fromEntries(
    files.map(({ path, bytes }) => [
      `/${path === "index.html" ? "" : path}`,
      hashOf(bytes).slice(0, HASH_LETTERS),
    ]),
  );
}

/** What the app consists of: `app` is on every phone, each other group where it is asked for. */
function listOf(files: readonly Built[], { groups }: Division): string {
  const listed = [...groups].map(([group, paths]) => {
    const isListed = ({ path }: Built) =>
      paths.has(path) || (group === "app" && !NOT_KEPT.test(path));
    return [group, groupOf(files.filter(isListed))] as const;
  });
  return JSON.stringify(Object.fromEntries(listed));
}

/** Write the list beside the service worker, and its name and hash into it. */
function writeList(folder: string, files: readonly Built[], division: Division): void {
  const worker = files.find(({ path }) => path === "sw.js");
  if (worker === undefined) throw new Error("the build has no service worker");
  const list = listOf(files, division);
  const hash = hashOf(list);
  const name = Buffer.from(hash, "base64").toString("base64url").slice(0, HASH_LETTERS);
  const path = `assets/files-${name}.json`;
  writeFileSync(join(folder, path), list);
  const text = worker.bytes
    .toString()
    .replaceAll("__LIST__", JSON.stringify(`/${path}`))
    .replaceAll("__HASH__", JSON.stringify(hash));
  writeFileSync(join(folder, "sw.js"), text);
}

/** Bytes of the patient's words of each language: the piece that comes before the first screen. */
function patientWords(paths: readonly string[], sizes: ReadonlyMap<string, number>): number[] {
  return paths
    .filter((path) => /^assets\/[a-z]{2}-patient-/.test(path))
    .map((path) => sizes.get(path) ?? 0);
}

/** Print each part's size and say which are over their budget. */
function overBudget(
  sizes: ReadonlyMap<string, number>,
  chunks: readonly Chunk[],
  { groups, asked }: Division,
): string[] {
  const sum = (paths: Iterable<string>) =>
    [...paths].reduce((total, path) => total + (sizes.get(path) ?? 0), 0);
  const like = (pattern: RegExp) => sum([...sizes.keys()].filter((path) => pattern.test(path)));
  const beside = sum([...sizes.keys()].filter((path) => !NOT_KEPT.test(path)));
  const parts: Record<string, number> = {
    ...Object.fromEntries([...groups].map(([group, paths]) => [group, sum(paths)])),
    interactive: sum(neededFirst(chunks)),
    records: like(/^assets\/records-[^/]*\.js$/),
    worker: like(/^sw\.js$/),
    list: like(/^assets\/files-[^/]*\.json$/),
    app: sum(groups.get("app") ?? []) + beside - like(LIBRARY),
    library: like(LIBRARY),
    asked: sum(asked),
    language: Math.max(0, ...patientWords([...sizes.keys()], sizes)),
  };
  for (const [part, budget] of Object.entries(BUDGETS)) {
    const bytes = parts[part] ?? 0;
    console.log(`${part.padEnd(12)} ${String(bytes).padStart(7)} of ${budget} bytes (brotli)`);
  }
  return Object.entries(BUDGETS)
    .filter(([part, budget]) => (parts[part] ?? 0) > budget)
    .map(([part]) => part);
}

/**
 * Finish the build in `folder`.
 *
 * @param chunks All scripts of the page, with what they need.
 * @throws Error A part is over its budget, or the service worker is missing.
 */
export function finish(folder: string, chunks: readonly Chunk[]): void {
  const division = divide(chunks);
  writeList(folder, filesBelow(folder), division);
  const files = filesBelow(folder).filter(({ path }) => !/\.(br|gz)$/.test(path));
  const sizes = new Map<string, number>();
  for (const { path, bytes } of files) {
    if (!COMPRESSIBLE.test(path)) continue;
    const small = brotli(bytes);
    sizes.set(path, small.length);
    writeFileSync(join(folder, `${path}.br`), small);
    writeFileSync(join(folder, `${path}.gz`), gzipSync(bytes, { level: 9 }));
  }
  const over = overBudget(sizes, chunks, division);
  if (over.length > 0) throw new Error(`over the size budget: ${over.join(", ")}`);
}
