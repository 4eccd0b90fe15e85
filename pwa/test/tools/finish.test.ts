/** The last step of a build: the list of files, the copies, the budget. */
import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { finish, groupOf } from "../../tools/finish.ts";
import type { Chunk } from "../../tools/parts.ts";

const INDEX = `<link rel="stylesheet" href="/assets/a.css"><script src="/assets/main-1.js">`;
let folder: string;

beforeEach(() => {
  vi.spyOn(console, "log").mockImplementation(() => {});
  folder = mkdtempSync(join(tmpdir(), "finish-"));
  mkdirSync(join(folder, "assets"));
  write("index.html", INDEX);
  write("sw.js", "const list=__LIST__,hash=__HASH__,again=__LIST__");
  write("assets/a.css", "a{}");
  write("assets/main-1.js", `import{x}from"./shared-2.js";import("./later-3.js")`);
  write("assets/shared-2.js", "export const x=1");
  write("assets/later-3.js", "1");
  write("icon-192.png", "png");
});

/** A script as the bundler tells of it. */
function chunk(name: string, source: string, needs: Partial<Chunk> = {}): Chunk {
  return {
    file: `assets/${name}`,
    sources: [source],
    imports: [],
    later: [],
    styles: [],
    ...needs,
  };
}

/** The scripts of the folder, and of more that the first may ask for. */
function scripts(...more: readonly Chunk[]): Chunk[] {
  const first = {
    imports: ["assets/shared-2.js"],
    later: ["assets/later-3.js", ...more.map(({ file }) => file)],
    styles: ["assets/a.css"],
  };
  return [
    chunk("main-1.js", "index.html", first),
    chunk("shared-2.js", ""),
    chunk("later-3.js", "later.ts"),
    ...more,
  ];
}

afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

function write(path: string, text: string): void {
  writeFileSync(join(folder, path), text);
}

function read(path: string): Buffer {
  return readFileSync(join(folder, path));
}

/** The list's path and whole hash as the worker knows them, and its groups. */
function readList() {
  const [, path = "", hash = ""] =
    /list="\/(.*?)",hash="(.*?)"/.exec(read("sw.js").toString()) ?? [];
  const bytes = read(path);
  const groups = JSON.parse(bytes.toString()) as Record<string, Record<string, string>>;
  return { path, hash, bytes, groups };
}

function hashOf(bytes: string | Buffer): string {
  return createHash("sha256").update(bytes).digest("base64");
}

test("the worker knows a list by its whole hash, and the list every file of the app", () => {
  finish(folder, scripts());
  const { path, hash, bytes, groups } = readList();
  expect(path).toMatch(/^assets\/files-[\w-]{8}\.json$/);
  expect(hash).toBe(hashOf(bytes));
  expect(groups.app).toEqual({
    "/": hashOf(INDEX).slice(0, 8),
    "/assets/a.css": hashOf("a{}").slice(0, 8),
    "/assets/main-1.js": hashOf(read("assets/main-1.js")).slice(0, 8),
    "/assets/shared-2.js": hashOf(read("assets/shared-2.js")).slice(0, 8),
    "/assets/later-3.js": hashOf("1").slice(0, 8),
  });
  expect(read("sw.js").toString()).not.toContain("__");
  expect(brotliDecompressSync(read(`${path}.br`))).toEqual(bytes);
});

test("what only clinicians open is listed apart, and set-up not at all", () => {
  const names = ["therapist-1.js", "therapist-2.css", "xwing-5.js", "setup-4.js"];
  for (const name of names) write(`assets/${name}`, "1");
  finish(
    folder,
    scripts(
      chunk("therapist-1.js", "rooms/therapist/index.tsx", { styles: ["assets/therapist-2.css"] }),
      chunk("xwing-5.js", "circle/xwing.ts"),
      chunk("setup-4.js", "rooms/door/setup.tsx"),
    ),
  );
  const { bytes, groups } = readList();
  const pathsOf = (group: string) => Object.keys(groups[group] ?? {});
  expect(pathsOf("app").join()).not.toMatch(/therapist|setup|xwing/);
  expect(pathsOf("desk")).toEqual(["/assets/therapist-1.js", "/assets/therapist-2.css"]);
  expect(pathsOf("xwing")).toEqual(["/assets/xwing-5.js"]);
  expect(bytes.toString()).not.toContain("setup");
});

test("the drawn exercises are on every phone, and weighed apart", () => {
  const said = vi.mocked(console.log);
  write("assets/figure-1.js", randomBytes(1000).toString("base64"));
  finish(folder, scripts(chunk("figure-1.js", "ui/figure/figure.tsx")));
  expect(readList().groups.app).toHaveProperty("/assets/figure-1.js");
  const bytes = (part: string) =>
    Number(
      /\d+/.exec(said.mock.calls.map(([line]) => line).find((line) => line.startsWith(part)))?.[0],
    );
  expect(bytes("library")).toBeGreaterThan(700);
  expect(bytes("app")).toBeLessThan(700);
});

test("another content is another version, the same content the same", () => {
  const worker = (text: string) => {
    write("sw.js", "__LIST__ __HASH__");
    write("assets/a.css", text);
    finish(folder, scripts());
    return read("sw.js").toString();
  };
  expect(worker("a{}")).toBe(worker("a{}"));
  expect(worker("a{}")).not.toBe(worker("b{}"));
});

test("copies hold what the file holds", () => {
  finish(folder, scripts());
  expect(brotliDecompressSync(read("sw.js.br"))).toEqual(read("sw.js"));
  expect(gunzipSync(read("assets/a.css.gz"))).toEqual(read("assets/a.css"));
});

test("a cipher that few need is fetched when asked for, and not kept", () => {
  write("assets/argon2-4.js", "1");
  finish(folder, scripts(chunk("argon2-4.js", "circle/argon2.ts")));
  expect(readList().bytes.toString()).not.toContain("argon2");
  expect(brotliDecompressSync(read("assets/argon2-4.js.br"))).toEqual(read("assets/argon2-4.js"));
});

test("icons for the launcher are not kept by the worker", () => {
  finish(folder, scripts());
  expect(readList().bytes.toString()).not.toContain("icon-192");
});

test("a group names the page by the address under which it is asked for", () => {
  const files = ["index.html", "icon.svg"].map((path) => ({ path, bytes: Buffer.from(path) }));
  expect(Object.keys(groupOf(files))).toEqual(["/", "/icon.svg"]);
});

test("a part over its budget fails the build and is named", () => {
  write("assets/shared-2.js", randomBytes(30_000).toString("base64"));
  expect(() => finish(folder, scripts())).toThrow("over the size budget: interactive");
});

test("a build without its worker fails", () => {
  rmSync(join(folder, "sw.js"));
  expect(() => finish(folder, scripts())).toThrow("service worker");
});
