/** What belongs together: by what a script begins with and by what it needs. */
import { expect, test } from "vitest";
import { type Chunk, divide, neededFirst } from "../../tools/parts.ts";

function chunk(file: string, sources: readonly string[], needs: Partial<Chunk> = {}): Chunk {
  return { file, sources, imports: [], later: [], styles: [], ...needs };
}

/** The page asks for `later`; everything else hangs on the chunks given. */
function divided(later: readonly string[], ...chunks: readonly Chunk[]) {
  const { groups, asked } = divide([
    chunk("main.js", ["index.html"], { imports: ["base.js"], later, styles: ["main.css"] }),
    chunk("base.js", ["app.tsx", "words/index.ts"]),
    ...chunks,
  ]);
  const group = (name: string) => [...(groups.get(name) ?? [])].sort();
  return { group, asked: [...asked].sort() };
}

test("what the page needs, and what it may ask for, is on every phone", () => {
  const { group } = divided(
    ["today.js"],
    chunk("today.js", ["rooms/patient/index.tsx"], { later: ["more.js"], styles: ["today.css"] }),
    chunk("more.js", ["rooms/patient/more.tsx"]),
  );
  expect(group("app")).toEqual([
    "base.js",
    "main.css",
    "main.js",
    "more.js",
    "today.css",
    "today.js",
  ]);
});

test("a part has all that it needs, shared code and styles too, but not what every phone has", () => {
  const { group } = divided(
    ["desk.js", "sending.js"],
    chunk("desk.js", ["rooms/therapist/index.tsx"], { imports: ["base.js", "field.js"] }),
    chunk("sending.js", ["rooms/sending/index.tsx"], { imports: ["field.js"] }),
    chunk("field.js", ["ui/field.tsx", "ui/scan.tsx"], { styles: ["field.css"] }),
  );
  expect(group("desk")).toEqual(["desk.js", "field.css", "field.js"]);
  expect(group("sending")).toEqual(["field.css", "field.js", "sending.js"]);
  expect(group("app")).toEqual(["base.js", "main.css", "main.js"]);
});

test("what a part asks for later belongs to it, unless it begins another part", () => {
  const { group } = divided(
    ["care.js"],
    chunk("care.js", ["rooms/messages/index.tsx"], { later: ["voice.js", "xwing.js"] }),
    chunk("voice.js", ["ui/voice.ts"]),
    chunk("xwing.js", ["circle/xwing.ts"]),
  );
  expect(group("care")).toEqual(["care.js", "voice.js"]);
  expect(group("xwing")).toEqual(["xwing.js"]);
});

test("a room that the app itself cannot run without is on every phone, whatever its folder", () => {
  const { group } = divided(
    ["today.js"],
    chunk("today.js", ["rooms/patient/index.tsx"], { imports: ["lessons.js"] }),
    chunk("lessons.js", ["rooms/lessons/card.tsx"]),
  );
  expect(group("app")).toContain("lessons.js");
  expect(group("care")).toEqual([]);
});

test("what few moments need is kept by no phone, except where a part needs it too", () => {
  const { group, asked } = divided(
    ["card.js", "members.js"],
    chunk("card.js", ["rooms/door/card.tsx"], { imports: ["recovery.js", "field.js"] }),
    chunk("recovery.js", ["circle/recovery.ts"]),
    chunk("members.js", ["client/members.ts"], { imports: ["field.js"] }),
    chunk("field.js", ["ui/field.tsx"]),
  );
  expect(asked).toEqual(["card.js", "recovery.js"]);
  expect(group("members")).toEqual(["field.js", "members.js"]);
});

test.each([
  ["care", "rooms/progress/index.tsx"],
  ["care", "rooms/record/index.tsx"],
  ["care", "client/care-messages.ts"],
  ["reminders", "rooms/reminders/index.tsx"],
  ["languages", "words/languages.ts"],
  ["members", "client/members.ts"],
  ["lock", "client/lock.ts"],
  ["lock", "client/locks.ts"],
  ["words-sw", "words/sw.icu?patient"],
])("%s begins with %s", (part, source) => {
  expect(divided(["x.js"], chunk("x.js", [source])).group(part)).toEqual(["x.js"]);
});

test.each(["client/care.ts", "rooms/patient/log.tsx", "words/index.ts"])(
  "%s is on every phone",
  (source) => {
    expect(divided(["x.js"], chunk("x.js", [source])).group("app")).toContain("x.js");
  },
);

test("what comes first is the page, its script and all that this cannot run without", () => {
  const chunks = [
    chunk("main.js", ["index.html"], { imports: ["a.js"], later: ["l.js"], styles: ["m.css"] }),
    chunk("a.js", [], { imports: ["b.js"] }),
    chunk("b.js", []),
    chunk("l.js", ["later.ts"]),
  ];
  expect(neededFirst(chunks)).toEqual(["index.html", "main.js", "m.css", "a.js", "b.js"]);
});
