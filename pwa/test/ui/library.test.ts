/** The library is read as data: texts, doses, links, cautions. */
import { describe, expect, test } from "vitest";
import { CAUTIONS, type Entry, entryOf, SOURCES } from "../../src/library/entries";
import { drawingOf } from "../../src/library/frames";
import { NAMES } from "../../src/library/names.en";
import { STEPS, textOf } from "../../src/library/steps.en";

const IDS = Object.keys(NAMES);
const GRADE_MAX = 5;

function entry(id: string): Entry {
  const found = entryOf(id);
  if (!found) throw new Error(`no entry ${id}`);
  return found;
}

/** Vowel groups of a word, without a silent e; at least 1. */
function syllables(word: string): number {
  const groups = word
    .toLowerCase()
    .replace(/(?<=[^l])e$/, "")
    .match(/[aeiouy]+/g);
  return Math.max(1, groups?.length ?? 1);
}

/** Flesch-Kincaid grade: years of school that reading it takes. */
function grade(lines: readonly string[]): number {
  const text = lines.join(" ");
  const sentences = text.split(/[.!?]+/).filter((each) => each.trim()).length;
  const words = text.match(/[A-Za-z'-]+/g) ?? [];
  const sounds = words.reduce((sum, word) => sum + syllables(word), 0);
  return (0.39 * words.length) / sentences + (11.8 * sounds) / words.length - 15.59;
}

describe("texts", () => {
  test.each(IDS)("%s is read after at most five years of school", (id) => {
    expect(grade(STEPS[id] ?? [])).toBeLessThanOrEqual(GRADE_MAX);
  });

  test("the measure tells hard texts from easy ones", () => {
    expect(
      grade(["Dorsiflexion of the contralateral extremity necessitates stabilisation."]),
    ).toBeGreaterThan(12);
    expect(grade(["Sit on a chair."])).toBeLessThan(2);
  });

  test.each(IDS)("%s has an id, a source and no clinician's name yet", (id) => {
    const text = textOf(id);
    expect(text).toMatchObject({ id: `${id}.steps.en.1`, state: "not_approved" });
    expect(text?.source).not.toBe("");
    expect(text?.lines).toBe(STEPS[id]);
  });

  test("an exercise of a newer library has none", () => {
    expect([textOf("zz99"), entryOf("zz99")]).toEqual([undefined, undefined]);
  });
});

describe("doses", () => {
  test.each(IDS)("%s is within the bounds of a plan and of a day", (id) => {
    const { dose } = entry(id);
    expect(dose.sets).toBeGreaterThanOrEqual(1);
    expect(dose.sets).toBeLessThanOrEqual(3);
    expect((dose.reps === undefined) !== (dose.time_s === undefined)).toBe(true);
    expect(dose.reps ?? 1).toBeGreaterThanOrEqual(1);
    expect(dose.reps ?? 1).toBeLessThanOrEqual(20);
    expect(dose.hold_s).toBeGreaterThanOrEqual(0);
    expect(dose.hold_s).toBeLessThanOrEqual(30);
    expect(dose.rest_s).toBeGreaterThanOrEqual(0);
    expect(dose.rest_s).toBeLessThanOrEqual(60);
    expect([1, 2, 3]).toContain(dose.times_per_day);
    expect([3, 5, 7]).toContain(dose.days_per_week);
    expect(["both", "each", "affected"]).toContain(dose.side);
    const seconds = dose.time_s ?? dose.sets * (dose.reps ?? 1) * (dose.hold_s + 5);
    const sides = dose.side === "each" ? 2 : 1;
    expect(seconds * sides * dose.times_per_day).toBeLessThanOrEqual(20 * 60);
  });

  test.each(IDS)("%s that strengthens leaves days to rest", (id) => {
    const { dose, region } = entry(id);
    const heavy = dose.rest_s >= 60 && region !== "ankle";
    if (heavy) expect(dose.days_per_week).toBeLessThanOrEqual(3);
  });
});

describe("links", () => {
  test.each(IDS)("%s: what is harder names it as easier, and the other way round", (id) => {
    const { easier, harder } = entry(id);
    if (harder) expect(entry(harder).easier).toBe(id);
    if (easier) expect(entry(easier).harder).toBe(id);
  });

  test.each(IDS)("%s never leads back to itself", (id) => {
    const met = new Set<string>();
    for (let at: string | undefined = id; at; at = entry(at).harder) {
      expect(met.has(at)).toBe(false);
      met.add(at);
    }
  });
});

describe("cautions, sources and things", () => {
  test.each(IDS)("%s names known ones", (id) => {
    const { cautions, sources } = entry(id);
    for (const caution of cautions) expect(CAUTIONS).toContain(caution);
    for (const source of sources) expect(Object.keys(SOURCES)).toContain(source);
    expect(sources.length).toBeGreaterThan(0);
  });

  test("every caution is used", () => {
    const used = new Set(IDS.flatMap((id) => entry(id).cautions));
    expect([...used].sort()).toEqual([...CAUTIONS]);
  });

  test.each(IDS)("%s is drawn with the thing that it needs", (id) => {
    const { equipment } = entry(id);
    const kinds = drawingOf(id)?.props.map(({ kind }) => kind) ?? [];
    const wanted: Record<string, string> = {
      chair: "chfo",
      table: "tl",
      wall: "w",
      step: "s",
      towel: "r",
    };
    if (equipment === "band") expect(drawingOf(id)?.band).toBeDefined();
    else if (equipment !== "none") {
      expect(kinds.some((kind) => wanted[equipment]?.includes(kind))).toBe(true);
    } else expect(kinds.filter((kind) => kind !== "a")).toEqual([]);
  });
});
