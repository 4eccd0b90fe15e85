/**
 * The figure as geometry: from a key frame to the outlines of its parts. Pure, no document.
 *
 * Box of 100 x 100, y down, floor at 94. The person faces right, so the near side is the right side.
 * Bones are fixed: hands and feet are targets and knees and elbows are solved, so proportions cannot
 * break. Lean 0 = upright, 90 = on all fours, -90 = on the back.
 */
import type { Drawing, Frame } from "../../library/frames";

type Point = readonly [number, number];

const RADIANS = Math.PI / 180;
const TORSO = 25;
const THIGH = 20;
const SHANK = 19;
const UPPER_ARM = 14;
const FOREARM = 13;

/** Parts from back to front; upper case = far side, t p = trunk, n c = neck and head. */
export const PARTS = "AFDLSOnctplsoafd".split("");

/** Outlines by part letter, and `b` for the band. */
export type Outlines = Readonly<Record<string, string>>;

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function along([x, y]: Point, angle: number, distance: number): Point {
  return [x + Math.sin(angle * RADIANS) * distance, y - Math.cos(angle * RADIANS) * distance];
}

/** Two circles of radius r and s with their outer tangents. */
function limb(a: Point, b: Point, r: number, s: number): string {
  const dx = b[0] - a[0];
  const dy = b[1] - a[1];
  const length = Math.hypot(dx, dy) || 0.01;
  const turn = Math.atan2(dy, dx);
  const open = Math.acos(Math.max(-1, Math.min(1, (r - s) / length)));
  const on = (c: Point, k: number, w: number): string =>
    `${round(c[0] + Math.cos(turn + w) * k)} ${round(c[1] + Math.sin(turn + w) * k)}`;
  return `M${on(a, r, open)}A${r} ${r} 0 1 1 ${on(a, r, -open)}L${on(b, s, -open)}A${s} ${s} 0 0 1 ${on(b, s, open)}Z`;
}

/** Two bones from a toward b, bent to the side of `sign`: [joint, end]. A target out of reach = straight. */
function reach(a: Point, b: Point, first: number, second: number, sign: number): [Point, Point] {
  const dx = b[0] - a[0];
  const dy = b[1] - a[1];
  const length = Math.hypot(dx, dy) || 0.01;
  const c = Math.max(Math.abs(first - second) + 0.5, Math.min(length, first + second - 0.02));
  const bend = Math.acos((first * first + c * c - second * second) / (2 * first * c)) * sign;
  const angle = Math.atan2(dy, dx) - bend;
  return [
    [a[0] + Math.cos(angle) * first, a[1] + Math.sin(angle) * first],
    [a[0] + (dx / length) * c, a[1] + (dy / length) * c],
  ];
}

function foot(at: Point, angle: number, front: boolean): string {
  const cos = Math.cos(angle * RADIANS);
  const sin = Math.sin(angle * RADIANS);
  const turned = (x: number, y: number): Point => [
    at[0] + x * cos - y * sin,
    at[1] + x * sin + y * cos,
  ];
  return front ? limb(at, turned(0, 3), 2.6, 2.9) : limb(turned(-1.2, 1), turned(6.6, 2), 2.7, 1.7);
}

/** The outlines of one pose. */
export function outlines(frame: Frame, drawing: Drawing): Outlines {
  const { front } = drawing;
  const k = (i: number): number => frame[i] ?? 0;
  const lean = k(2);
  const hip: Point = [k(0), k(1)];
  const shoulder = along(hip, lean, TORSO);
  const waist = along(along(hip, lean, TORSO * 0.45), lean + 90, k(3));
  const gaze = lean + k(4);
  const head = along(shoulder, gaze, 11);
  const parts: Record<string, string> = {};

  /** Seen from the front the sides lie apart, seen from the side the far one a little behind. */
  const beside = (d: number): Point =>
    front ? along([0, 0], lean + 90, d) : d > 0 ? [1.2, -0.6] : [0, 0];
  const arm = (x: number, y: number, off: Point, near: boolean): Point => {
    const from: Point = [shoulder[0] + off[0], shoulder[1] + off[1]];
    const [elbow, wrist] = reach(from, [x, y], UPPER_ARM, FOREARM, front && near ? 1 : -1);
    const turn = Math.atan2(wrist[1] - elbow[1], wrist[0] - elbow[0]);
    const hand: Point = [wrist[0] + Math.cos(turn) * 3.4, wrist[1] + Math.sin(turn) * 3.4];
    parts[near ? "a" : "A"] = limb(from, elbow, 3.7, 2.9);
    parts[near ? "f" : "F"] = limb(elbow, wrist, 2.9, 2.1);
    parts[near ? "d" : "D"] = limb(wrist, hand, 2.3, 1.9);
    return hand;
  };
  const leg = (x: number, y: number, angle: number, off: Point, near: boolean): void => {
    const from: Point = [hip[0] + off[0], hip[1] + off[1]];
    const [knee, ankle] = reach(from, [x, y], THIGH, SHANK, front && near ? -1 : 1);
    parts[near ? "l" : "L"] = limb(from, knee, 5.4, 3.9);
    parts[near ? "s" : "S"] = limb(knee, ankle, 3.9, 2.5);
    parts[near ? "o" : "O"] = foot(ankle, angle, front);
  };

  const both = frame.length > 10;
  const farHand = arm(both ? k(10) : k(5) + 2.5, both ? k(11) : k(6) - 1, beside(7), false);
  leg(both ? k(12) : k(7) + 2.5, both ? k(13) : k(8) - 0.8, both ? k(14) : k(9), beside(4), false);
  const nearHand = arm(k(5), k(6), beside(-7), true);
  leg(k(7), k(8), k(9), beside(-4), true);
  parts.n = limb(shoulder, along(shoulder, gaze, 5), 3, 2.7);
  parts.c = limb(head, along(along(head, gaze, -3), gaze + 90, front ? 0 : 2.6), 5.9, 3.3);
  const chest = along(shoulder, lean, front ? -4 : -1.5);
  parts.t = limb(waist, chest, front ? 6.8 : 5.4, front ? 8.6 : 6.2);
  parts.p = limb(hip, waist, front ? 7.6 : 6, front ? 6.8 : 5.4);
  parts.b = drawing.band ? bandLine(drawing.band, nearHand, farHand) : "";
  return parts;
}

function bandLine(tied: Point, near: Point, far: Point): string {
  return `M${tied[0]} ${tied[1]}L${round(near[0])} ${round(near[1])}L${round(far[0])} ${round(far[1])}`;
}

/** A smooth pose at `u` (0..1) through all key frames. */
export function poseAt(frames: readonly Frame[], u: number): Frame {
  const last = frames.length - 1;
  const position = Math.min(last - 1e-6, Math.max(0, u * last));
  const i = last ? Math.floor(position) : 0;
  const t = last ? position - i : 0;
  const pick = (n: number): Frame => frames[Math.max(0, Math.min(last, n))] ?? [];
  const [a, b, c, d] = [pick(i - 1), pick(i), pick(i + 1), pick(i + 2)];
  return b.map((from, j) => {
    const [before = from, to = from, after = from] = [a[j], c[j], d[j]];
    if (last < 2) return from + (to - from) * t;
    const slope = 2 * before - 5 * from + 4 * to - after + t * (3 * (from - to) + after - before);
    return from + 0.5 * t * (to - before + t * slope);
  });
}

/** The outline of a thing in the room. */
export function propPath({ kind, x, y }: Drawing["props"][number]): string {
  switch (kind) {
    case "c": // a chair, front edge at x
      return `M${x - 21} 46V94M${x - 21} 78.5H${x}M${x - 2} 78.5V94`;
    case "h": // the back of a chair to hold
      return `M${x} 52V94M${x} 72H${x + 17}M${x + 16} 72V94`;
    case "t": // a table
      return `M${x} ${y || 60}H104M${x + 5} ${y || 60}V94`;
    case "w": // a wall
      return `M${x} 0V95`;
    case "s": // a step
      return `M${x} 95V83H104`;
    default: // a folded towel
      return `M${x - 6} ${y}h12`;
  }
}
