/** What is heard and felt while a dose runs. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { PlanItem } from "../../src/records.gen";
import { cueOf, play, sounds, wake } from "../../src/ui/figure/sound";
import { doseSeconds, type Moment, momentAt } from "../../src/ui/figure/tempo";

const ITEM: PlanItem = {
  exercise: "kn04",
  sets: 2,
  reps: 2,
  hold_s: 3,
  rest_s: 10,
  side: "both",
};

/** Pitches of a whole dose, in order, drawn sixty times a second. */
function heard(item: PlanItem): number[] {
  const pitches: number[] = [];
  let before: Moment | undefined;
  for (let s = 0; s <= doseSeconds(item) + 1; s += 1 / 60) {
    const now = momentAt(item, s);
    const cue = cueOf(before, now, item.time_s !== undefined);
    if (cue) pitches.push(cue.hertz);
    before = now;
  }
  return pitches;
}

afterEach(() => {
  vi.unstubAllGlobals();
  sounds.value = true;
});

let vibrated: unknown[];
beforeEach(() => {
  vibrated = [];
  vi.stubGlobal("navigator", { vibrate: (taps: unknown) => vibrated.push(taps) });
});

test("each repeat has its tones: move, hold with its seconds, back", () => {
  const repeat = [660, 880, 440, 440, 520];
  const rest = [330, 440, 440, 440];
  expect(heard(ITEM)).toEqual([...repeat, ...repeat, ...rest, ...repeat, ...repeat, 990]);
});

test("a round by time is counted only at its end", () => {
  const { reps: _, ...timed } = ITEM;
  expect(heard({ ...timed, sets: 1, hold_s: 0, time_s: 60 })).toEqual([660, 440, 440, 440, 990]);
});

test("a phone without sound is only felt, and one without both stays silent", () => {
  play({ hertz: 440, seconds: 0.1, taps: [40] });
  expect(vibrated).toEqual([[40]]);
  vi.stubGlobal("navigator", {});
  wake();
  play({ hertz: 440, seconds: 0.1, taps: [40] });
  expect(vibrated).toHaveLength(1);
});

test("nothing is heard or felt once it is switched off", () => {
  sounds.value = false;
  play({ hertz: 440, seconds: 0.1, taps: [40] });
  expect(vibrated).toEqual([]);
});
