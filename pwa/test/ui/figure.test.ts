import { describe, expect, test } from "vitest";
import { drawingOf } from "../../src/library/frames";
import { NAMES } from "../../src/library/names.en";
import { STARTER_PLANS } from "../../src/library/starter";
import { STEPS } from "../../src/library/steps.en";
import type { PlanItem } from "../../src/records.gen";
import { outlines, PARTS, poseAt } from "../../src/ui/figure/pose";
import { doseSeconds, momentAt, roundsOf } from "../../src/ui/figure/tempo";

const DRAWN = Object.keys(NAMES).filter((id) => drawingOf(id));

function item(dose: Partial<PlanItem> = {}): PlanItem {
  return { exercise: "kn04", sets: 2, reps: 3, hold_s: 5, rest_s: 30, side: "both", ...dose };
}

describe("the library", () => {
  test("has three short lines for every name", () => {
    expect(Object.keys(STEPS).sort()).toEqual(Object.keys(NAMES).sort());
    for (const lines of Object.values(STEPS)) {
      expect(lines).toHaveLength(3);
      for (const line of lines) expect(line.split(" ").length).toBeLessThanOrEqual(15);
    }
  });

  test("draws at least thirty exercises and knows no others", () => {
    expect(DRAWN.length).toBeGreaterThanOrEqual(30);
    expect(drawingOf("zz99")).toBeUndefined();
  });

  test("starter plans use known exercises within the bounds of a plan", () => {
    for (const { items, days_per_week } of STARTER_PLANS) {
      expect(items.length).toBeLessThanOrEqual(5);
      expect(days_per_week).toBeLessThanOrEqual(7);
      for (const { exercise, sets, reps, time_s } of items) {
        expect(NAMES[exercise]).toBeDefined();
        expect(sets).toBeGreaterThanOrEqual(1);
        expect((reps === undefined) !== (time_s === undefined)).toBe(true);
      }
    }
  });
});

describe("the figure", () => {
  test.each(DRAWN)("%s has every part in every pose, all numbers finite", (id) => {
    const drawing = drawingOf(id);
    if (!drawing) throw new Error(id);
    for (const u of [0, 0.25, 0.5, 0.75, 1]) {
      const lines = outlines(poseAt(drawing.frames, u), drawing);
      for (const part of PARTS) expect(lines[part]).toMatch(/^M[-\d. AL01Z]+$/);
    }
  });

  test.each(DRAWN)("%s begins and ends with its first and last frame", (id) => {
    const frames = drawingOf(id)?.frames ?? [];
    expect(poseAt(frames, 0)).toEqual(frames[0]);
    const end = poseAt(frames, 1);
    for (const [i, value] of (frames.at(-1) ?? []).entries()) expect(end[i]).toBeCloseTo(value, 2);
  });

  test("does not go through the floor", () => {
    const lowest = (line: string) =>
      Math.max(...[...line.matchAll(/ (-?[\d.]+)(?=[AL]|Z|$)/g)].map(([, y]) => Number(y)));
    const drawing = drawingOf("kn05");
    if (!drawing) throw new Error("kn05");
    for (let u = 0; u <= 1; u += 0.1) {
      expect(lowest(outlines(poseAt(drawing.frames, u), drawing).o ?? "")).toBeLessThan(97);
    }
  });
});

describe("the dose", () => {
  test("goes up, holds, comes down and breathes, then repeats", () => {
    const at = (s: number) => momentAt(item(), s);
    expect([0, 3, 8, 9.5].map((s) => at(s).phase)).toEqual(["up", "hold", "down", "breath"]);
    expect(at(3).left_s).toBe(4);
    expect(at(9.8).repeat).toBe(2);
  });

  test("rests between rounds, not after the last, and then ends", () => {
    const long = 3 * 9.8;
    expect(momentAt(item(), long + 1)).toMatchObject({ phase: "rest", round: 2, left_s: 29 });
    expect(momentAt(item(), long + 30.1)).toMatchObject({ phase: "up", round: 2, repeat: 1 });
    expect(momentAt(item(), doseSeconds(item()))).toMatchObject({ phase: "end", round: 2 });
  });

  test("for each side is right, then left, with time to change", () => {
    const each = item({ side: "each", rest_s: 45 });
    expect(roundsOf(each)).toBe(4);
    expect(momentAt(each, 0).side).toBe("right");
    expect(momentAt(each, 3 * 9.8 + 1)).toMatchObject({ phase: "rest", side: "left", left_s: 4 });
    expect(momentAt(each, 3 * 9.8 + 6)).toMatchObject({ round: 2, side: "left" });
  });

  test("by time counts the seconds of the round", () => {
    const { reps: _, ...timed } = item({ time_s: 60, hold_s: 0, sets: 1 });
    expect(momentAt(timed, 0).left_s).toBe(60);
    expect(momentAt(timed, 59.5)).toMatchObject({ left_s: 1, round: 1 });
    expect(momentAt(timed, 60).phase).toBe("end");
  });

  test("stays within the movement", () => {
    for (let s = 0; s < doseSeconds(item()); s += 0.37) {
      const { u, left_s, share } = momentAt(item(), s);
      expect(u).toBeGreaterThanOrEqual(0);
      expect(u).toBeLessThanOrEqual(1);
      expect(share).toBeLessThanOrEqual(1);
      expect(left_s).toBeGreaterThanOrEqual(0);
    }
  });
});
