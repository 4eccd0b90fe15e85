/** What is always needed together travels as one file. */
import { expect, test } from "vitest";
import { together } from "../../tools/together.ts";

const SOURCES = new URL("../../src/", import.meta.url).pathname;

/** Places of modules, by who imports what. */
function places(imports: Record<string, readonly string[]>) {
  const place = together();
  const modules = {
    getModuleInfo: (id: string) => {
      const importedIds = imports[id.replace(SOURCES, "")]?.map((name) => SOURCES + name);
      return importedIds === undefined ? null : { importedIds };
    },
  };
  return (name: string) => place(SOURCES + name, modules);
}

test("all that the client cannot run without goes with it, however deep", () => {
  const of = places({
    "client/inside.ts": ["client/care.ts"],
    "client/care.ts": ["circle/fold.ts"],
    "circle/fold.ts": ["client/care.ts"],
  });
  for (const name of ["client/inside.ts", "client/care.ts", "circle/fold.ts"]) {
    expect(of(name)).toBe("client");
  }
});

test("what the page begins with comes first, and what is asked for later apart", () => {
  const of = places({
    "main.tsx": ["signals.ts"],
    "client/inside.ts": ["signals.ts", "circle/keys.ts"],
  });
  expect(of("signals.ts")).toBe("first");
  expect(of("main.tsx")).toBeNull();
  expect(of("circle/xwing.ts")).toBeNull();
});

test("the database goes apart, but for what the client has already", () => {
  const of = places({
    "client/inside.ts": ["circle/keys.ts"],
    "records.ts": ["pouchdb.js", "circle/keys.ts"],
  });
  expect(of("pouchdb.js")).toBe("records");
  expect(of("circle/keys.ts")).toBe("client");
});
