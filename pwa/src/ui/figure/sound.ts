/**
 * The dose to hear and to feel: short tones and taps at each change, without any file.
 *
 * A phone without sound or vibration stays silent; nothing fails. Browsers let a page sound only
 * after a tap, so `wake` is called by the start button.
 */
import { signal } from "@preact/signals";
import type { Moment } from "./tempo";

/** Whether tones are wanted; vibration goes with them. */
export const sounds = signal(true);

/** Pitch in Hz, length in s, and vibration in ms. */
export interface Cue {
  readonly hertz: number;
  readonly seconds: number;
  readonly taps: readonly number[];
}

const CUES = {
  up: { hertz: 660, seconds: 0.12, taps: [40] },
  hold: { hertz: 880, seconds: 0.12, taps: [40] },
  second: { hertz: 440, seconds: 0.05, taps: [] },
  down: { hertz: 520, seconds: 0.12, taps: [40] },
  rest: { hertz: 330, seconds: 0.4, taps: [120, 80, 120] },
  end: { hertz: 990, seconds: 0.6, taps: [200, 100, 200] },
} as const satisfies Record<string, Cue>;

/** Rests and rounds by time are counted only at their end. */
const LAST_S = 3;

/** What is to be heard when one moment follows another; undefined = nothing. */
export function cueOf(before: Moment | undefined, now: Moment, timed: boolean): Cue | undefined {
  const changed = before?.phase !== now.phase || before.round !== now.round;
  const rests = now.phase === "rest" || now.phase === "end";
  if (changed && rests) return CUES[now.phase];
  if (timed || now.phase === "rest") {
    if (changed && before?.round !== now.round) return CUES.up;
    return now.left_s <= LAST_S && now.left_s !== before?.left_s ? CUES.second : undefined;
  }
  if (changed) return now.phase === "breath" || rests ? undefined : CUES[now.phase];
  const counts = now.phase === "hold" && now.left_s !== before?.left_s;
  return counts ? CUES.second : undefined;
}

let speaker: AudioContext | undefined;

/** Gets the phone ready to sound; only of use inside a tap. */
export function wake(): void {
  try {
    speaker ??= new AudioContext();
    void speaker.resume().catch(() => undefined);
  } catch {
    // No sound on this phone.
  }
}

const LOUDNESS = 0.2;
/** A tone without an edge clicks. */
const FADE_S = 0.02;

/** Sounds and taps a cue, if wanted. */
export function play(cue: Cue): void {
  if (!sounds.peek()) return;
  if (cue.taps.length > 0) globalThis.navigator?.vibrate?.([...cue.taps]);
  if (speaker?.state !== "running") return;
  const start = speaker.currentTime;
  const stop = start + cue.seconds;
  const tone = new OscillatorNode(speaker, { frequency: cue.hertz });
  const loudness = new GainNode(speaker, { gain: 0 });
  loudness.gain.linearRampToValueAtTime(LOUDNESS, start + FADE_S);
  loudness.gain.setValueAtTime(LOUDNESS, stop - FADE_S);
  loudness.gain.linearRampToValueAtTime(0, stop);
  tone.connect(loudness).connect(speaker.destination);
  tone.start(start);
  tone.stop(stop);
}
