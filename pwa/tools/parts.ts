/**
 * Which files of a build belong together: what every phone keeps, and each part that some do.
 *
 * A part is named by the sources with which it begins: modules that are fetched by `import()`. To it
 * belongs everything that those need, down to shared code and styles, except what every phone has
 * anyway. So nobody lists the files that a bundler makes of shared code. What begins in no part
 * belongs to whatever asks for it.
 */

/** One script of a build, and what it needs. */
export interface Chunk {
  /** Path below the root of the build. */
  readonly file: string;
  /** Paths below `src/` of the module that it stands for, or of those that share it. */
  readonly sources: readonly string[];
  /** Scripts that it cannot run without. */
  readonly imports: readonly string[];
  /** Scripts that it may ask for. */
  readonly later: readonly string[];
  readonly styles: readonly string[];
}

/** What few moments need, all of them with a network: fetched when asked for, not kept. */
const ASKED =
  /^(circle\/argon2|rooms\/door\/(setup|card|join)|rooms\/(paper|clinic)\/|client\/(joining|card-holder|paper|bring-along|aftermath|clinic-acts))\b/;

/** What is kept where a page has asked for it; see the worker and `client/offline.ts`. */
export const PARTS: Readonly<Record<string, RegExp>> = {
  care: /^(rooms\/(progress|messages|lessons|record|install)\/|rooms\/patient\/past\.|client\/(care-|snapshots\.))/,
  reminders: /^(rooms\/reminders\/|client\/reminding\b)/,
  languages: /^(rooms\/language|words\/languages)\./,
  telling: /^rooms\/telling\//,
  desk: /^(rooms\/therapist\/|client\/founding\.)/,
  planning: /^rooms\/planning\//,
  copy: /^rooms\/copy\//,
  signing: /^rooms\/signing\//,
  members:
    /^(rooms\/members\/|rooms\/door\/(ask|beside)|client\/(members|beside|poor-link)|circle\/(entries|invitation))\b/,
  lock: /^(rooms\/lock\/|client\/locks?)\b/,
  camera: /^ui\/read-code\./,
  xwing: /^circle\/xwing\./,
  standard: /^replication\./,
  sending: /^(rooms\/sending\/|client\/(sending|carried))\b/,
  ...Object.fromEntries(
    ["es", "fr", "pt", "sw", "hi", "ar"].map((tag) => [
      `words-${tag}`,
      new RegExp(`^(words/${tag}\\.icu|library/${tag}\\.texts)`),
    ]),
  ),
};

/** The parts by name, `app` among them, and what belongs to none. */
export interface Division {
  readonly groups: ReadonlyMap<string, ReadonlySet<string>>;
  readonly asked: ReadonlySet<string>;
}

/** The part that a script begins; undefined for one that goes wherever it is asked for. */
function beginsIn({ sources }: Chunk): string | undefined {
  const parts: readonly (readonly [string, RegExp])[] = [
    ["asked", ASKED],
    ...Object.entries(PARTS),
  ];
  return parts.find(([, pattern]) => sources.some((source) => pattern.test(source)))?.[0];
}

const isFirst = ({ sources }: Chunk) => sources.includes("index.html");

/** Files that are reached from `roots` without entering another part. */
function reached(roots: readonly Chunk[], part: string, all: ReadonlyMap<string, Chunk>) {
  const found = new Set<Chunk>(roots);
  for (const chunk of found) {
    for (const name of chunk.imports) add(found, all.get(name));
    for (const name of chunk.later) {
      const next = all.get(name);
      const into = next && beginsIn(next);
      if (into === undefined || into === part) add(found, next);
    }
  }
  return new Set([...found].flatMap(({ file, styles }) => [file, ...styles]));
}

function add(found: Set<Chunk>, chunk: Chunk | undefined): void {
  if (chunk !== undefined) found.add(chunk);
}

/**
 * Divide the scripts and styles of a build.
 *
 * @param chunks All scripts; the one that the page begins with has `index.html` among its sources.
 */
export function divide(chunks: readonly Chunk[]): Division {
  const all = new Map(chunks.map((chunk) => [chunk.file, chunk]));
  const app = reached(chunks.filter(isFirst), "app", all);
  const groupOf = (part: string) => {
    const roots = chunks.filter((chunk) => beginsIn(chunk) === part);
    return new Set([...reached(roots, part, all)].filter((file) => !app.has(file)));
  };
  const parts = Object.keys(PARTS).map((part) => [part, groupOf(part)] as const);
  const kept = new Set([...app, ...parts.flatMap(([, files]) => [...files])]);
  const asked = [...groupOf("asked")].filter((file) => !kept.has(file));
  return { groups: new Map([["app", app], ...parts]), asked: new Set(asked) };
}

/** The page's first script with all that it cannot run without. */
export function neededFirst(chunks: readonly Chunk[]): string[] {
  const all = new Map(chunks.map((chunk) => [chunk.file, chunk]));
  const found = new Set(chunks.filter(isFirst));
  for (const { imports } of found) for (const name of imports) add(found, all.get(name));
  return ["index.html", ...[...found].flatMap(({ file, styles }) => [file, ...styles])];
}
