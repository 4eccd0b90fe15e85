/** The last step of a build: the list of files, the copies, the budget. */
import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { finish, neededFirst, precacheList } from "../../tools/finish.ts";

const INDEX = `<link rel="stylesheet" href="/assets/a.css"><script src="/assets/main-1.js">`;
let folder: string;

beforeEach(() => {
  vi.spyOn(console, "log").mockImplementation(() => {});
  folder = mkdtempSync(join(tmpdir(), "finish-"));
  mkdirSync(join(folder, "assets"));
  write("index.html", INDEX);
  write("sw.js", "const f=__FILES__,v=__VERSION__,again=__FILES__,d=__PARTS__");
  write("assets/a.css", "a{}");
  write("assets/main-1.js", `import{x}from"./shared-2.js";import("./later-3.js")`);
  write("assets/shared-2.js", "export const x=1");
  write("assets/later-3.js", "1");
  write("icon-192.png", "png");
});

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

test("the worker gets every file that the app needs, with the hash of its bytes", () => {
  finish(folder);
  const hash = createHash("sha256").update(INDEX).digest("base64").slice(0, 8);
  const worker = read("sw.js").toString();
  expect(worker).toContain(`/:${hash}`);
  expect(worker).not.toMatch(/__|icon-192|sw\.js|\.br/);
  expect(worker.match(/later-3\.js/g)).toHaveLength(2);
});

test("what only clinicians open is listed apart, and set-up not at all", () => {
  const names = ["therapist-1.js", "therapist-2.css", "members-3.js", "setup-4.js", "xwing-5.js"];
  for (const name of names) write(`assets/${name}`, "1");
  finish(folder);
  const [files = "", parts = ""] = read("sw.js").toString().split(",d=");
  expect(files).not.toMatch(/therapist|members|setup|xwing/);
  const { desk, members, xwing } = JSON.parse(parts) as Record<string, string>;
  expect(desk).toMatch(/^therapist-1\.js:.{2} therapist-2\.css:.{2}$/);
  expect(members).toMatch(/^members-3\.js:.{2}$/);
  expect(xwing).toMatch(/^xwing-5\.js:.{2}$/);
});

test("the drawn exercises are on every phone, and weighed apart", () => {
  const said = vi.mocked(console.log);
  write("assets/figure-1.js", randomBytes(1000).toString("base64"));
  finish(folder);
  expect(read("sw.js").toString().split(",d=")[0]).toContain("figure-1.js:");
  const bytes = (part: string) =>
    Number(
      /\d+/.exec(said.mock.calls.map(([line]) => line).find((line) => line.startsWith(part)))?.[0],
    );
  expect(bytes("figures")).toBeGreaterThan(700);
  expect(bytes("app")).toBeLessThan(700);
});

test("another content is another version, the same content the same", () => {
  const worker = (text: string) => {
    write("sw.js", "__FILES__ __VERSION__");
    write("assets/a.css", text);
    finish(folder);
    return read("sw.js").toString();
  };
  expect(worker("a{}")).toBe(worker("a{}"));
  expect(worker("a{}")).not.toBe(worker("b{}"));
});

test("copies hold what the file holds", () => {
  finish(folder);
  expect(brotliDecompressSync(read("sw.js.br"))).toEqual(read("sw.js"));
  expect(gunzipSync(read("assets/a.css.gz"))).toEqual(read("assets/a.css"));
});

test("what comes first is what the page names, and what that imports at once", () => {
  const files = ["index.html", "assets/main-1.js", "assets/shared-2.js", "assets/later-3.js"];
  const built = files.map((path) => ({ path, bytes: read(path) }));
  expect(neededFirst(built)).toEqual([
    "index.html",
    "assets/a.css",
    "assets/main-1.js",
    "assets/shared-2.js",
  ]);
});

test("a cipher that few need is fetched when asked for, and not kept", () => {
  write("assets/argon2-4.js", "1");
  finish(folder);
  expect(read("sw.js").toString()).not.toContain("argon2");
  expect(brotliDecompressSync(read("assets/argon2-4.js.br"))).toEqual(read("assets/argon2-4.js"));
});

test("icons for the launcher are not kept by the worker", () => {
  expect(precacheList([{ path: "icon-512.png", bytes: Buffer.from("") }])).toBe("");
});

test("a part over its budget fails the build and is named", () => {
  write("assets/shared-2.js", randomBytes(30_000).toString("base64"));
  expect(() => finish(folder)).toThrow("over the size budget: interactive");
});

test("a build without its worker fails", () => {
  rmSync(join(folder, "sw.js"));
  expect(() => finish(folder)).toThrow("service worker");
});
