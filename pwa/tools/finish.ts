/**
 * The last step of a build: the list of files for the service worker, compressed copies, the budget.
 *
 * Sizes are brotli bytes, since that is what travels. A build over its budget fails.
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

/** Bytes each part may have, brotli; why there are budgets: docs/adr/0007-libraries-web.md. */
const BUDGETS = {
  interactive: 25 * 1024,
  records: 32 * 1024,
  worker: 2 * 1024,
  list: 3 * 1024,
  app: 120 * 1024,
  desk: 16 * 1024,
  members: 20 * 1024,
  lock: 10 * 1024,
  camera: 40 * 1024,
  xwing: 12 * 1024,
  standard: 12 * 1024,
  sending: 16 * 1024,
  figures: 8 * 1024,
  asked: 32 * 1024,
  language: 4 * 1024,
} as const;

const COMPRESSIBLE = /\.(html|js|css|svg|json|webmanifest)$/;
/** What few moments need, all of them with a network: fetched when asked for, not kept. */
const ASKED =
  /^assets\/(argon2|setup|joining|comparing|digest|card|card-holder|paper|recovery|bring-along|aftermath|clinic|clinic-acts)-[^/]*\.js$/;
/** What not every phone needs: kept where a page has asked for it, see the worker. */
const PARTS = {
  desk: /^assets\/therapist-[^/]*\.(js|css)$/,
  members:
    /^assets\/(members|entries|invitation|request|en-members|poor-link|field|ask|digits|hand-over|square-code|beside|pub-code|scan|code-text)-[^/]*\.(js|css)$/,
  lock: /^assets\/(en-lock|locks?)-[^/]*\.(js|css)$/,
  camera: /^assets\/read-code-[^/]*\.js$/,
  xwing: /^assets\/xwing-[^/]*\.js$/,
  standard: /^assets\/replication-[^/]*\.js$/,
  sending: /^assets\/(sending|relay|carried|square-code|scan|field)-[^/]*\.(js|css)$/,
} as const;
/** The drawn exercises: on every phone from the first start on, weighed apart from the app's code. */
const FIGURES = /^assets\/figure-[^/]*\.js$/;
/** Words of each language but English, in two pieces: the patient's and the rest. */
const LANGUAGES = ["es", "fr", "pt", "sw", "hi", "ar"] as const;
const LANGUAGE_PARTS = LANGUAGES.map(
  (tag) => [`words-${tag}`, new RegExp(`^assets/${tag}-[^/]*\\.js$`)] as const,
);
/** All parts by name. */
const BY_PART = [...Object.entries(PARTS), ...LANGUAGE_PARTS];
const LIST = /^assets\/files-[^/]*\.json$/;
/** Files that the phone's launcher fetches for itself. */
const NOT_KEPT = /^(sw\.js|.*\.(br|gz)|.*\.png|robots\.txt)$/;
const isKept = (path: string) =>
  ![NOT_KEPT, ASKED, LIST, ...BY_PART.map(([, pattern]) => pattern)].some((pattern) =>
    pattern.test(path),
  );

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
function listOf(files: readonly Built[]): string {
  const parts = BY_PART.map(
    ([part, pattern]) => [part, groupOf(files.filter(({ path }) => pattern.test(path)))] as const,
  );
  const app = groupOf(files.filter(({ path }) => isKept(path)));
  return JSON.stringify({ app, ...Object.fromEntries(parts) });
}

/** Write the list beside the service worker, and its name and hash into it. */
function writeList(folder: string, files: readonly Built[]): void {
  const worker = files.find(({ path }) => path === "sw.js");
  if (worker === undefined) throw new Error("the build has no service worker");
  const list = listOf(files);
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

/** Scripts and styles that index.html names, directly or by the scripts' own static imports. */
export function neededFirst(files: readonly Built[]): string[] {
  const text = new Map(files.map(({ path, bytes }) => [path, bytes.toString()]));
  const first = new Set<string>(["index.html"]);
  for (const path of first) {
    const source = text.get(path) ?? "";
    const links =
      path === "index.html"
        ? source.matchAll(/(?:src|href)="\/([^"]+\.(?:js|css))"/g)
        : source.matchAll(/(?:\bfrom|\bimport)\s*"\.\/([^"]+\.js)"/g);
    for (const [, name = ""] of links) {
      first.add(path === "index.html" ? name : `assets/${name}`);
    }
  }
  return [...first];
}

/** Bytes of the patient's words of each language: the piece that comes before the first screen. */
function patientWords(paths: readonly string[], sizes: ReadonlyMap<string, number>): number[] {
  return paths
    .filter((path) => /^assets\/[a-z]{2}-patient-/.test(path))
    .map((path) => sizes.get(path) ?? 0);
}

/** Print each part's size and say which are over their budget. */
function overBudget(sizes: ReadonlyMap<string, number>, files: readonly Built[]): string[] {
  const sum = (paths: readonly string[]) =>
    paths.reduce((total, path) => total + (sizes.get(path) ?? 0), 0);
  const paths = files.map(({ path }) => path);
  const kept = paths.filter(isKept);
  const parts: Record<keyof typeof BUDGETS, number> = {
    interactive: sum(neededFirst(files)),
    records: sum(kept.filter((path) => /\/records-[^/]*\.js$/.test(path))),
    worker: sum(["sw.js"]),
    list: sum(paths.filter((path) => LIST.test(path))),
    app: sum(kept.filter((path) => !FIGURES.test(path))),
    desk: sum(paths.filter((path) => PARTS.desk.test(path))),
    members: sum(paths.filter((path) => PARTS.members.test(path))),
    lock: sum(paths.filter((path) => PARTS.lock.test(path))),
    camera: sum(paths.filter((path) => PARTS.camera.test(path))),
    xwing: sum(paths.filter((path) => PARTS.xwing.test(path))),
    figures: sum(paths.filter((path) => FIGURES.test(path))),
    standard: sum(paths.filter((path) => PARTS.standard.test(path))),
    sending: sum(paths.filter((path) => PARTS.sending.test(path))),
    asked: sum(paths.filter((path) => ASKED.test(path))),
    language: Math.max(0, ...patientWords(paths, sizes)),
  };
  for (const [part, bytes] of Object.entries(parts)) {
    const budget = BUDGETS[part as keyof typeof BUDGETS];
    console.log(`${part.padEnd(12)} ${String(bytes).padStart(7)} of ${budget} bytes (brotli)`);
  }
  return Object.keys(parts).filter(
    (part) => parts[part as keyof typeof BUDGETS] > BUDGETS[part as keyof typeof BUDGETS],
  );
}

/**
 * Finish the build in `folder`.
 *
 * @throws Error A part is over its budget, or the service worker is missing.
 */
export function finish(folder: string): void {
  writeList(folder, filesBelow(folder));
  const files = filesBelow(folder).filter(({ path }) => !/\.(br|gz)$/.test(path));
  const sizes = new Map<string, number>();
  for (const { path, bytes } of files) {
    if (!COMPRESSIBLE.test(path)) continue;
    const small = brotli(bytes);
    sizes.set(path, small.length);
    writeFileSync(join(folder, `${path}.br`), small);
    writeFileSync(join(folder, `${path}.gz`), gzipSync(bytes, { level: 9 }));
  }
  const over = overBudget(sizes, files);
  if (over.length > 0) throw new Error(`over the size budget: ${over.join(", ")}`);
}
