/**
 * The figure as geometry: from a key frame to joints, from joints to outlines. Pure, no document.
 *
 * Box of 100 x 100, y down, floor at 94. The person faces right, so the near side is the right side;
 * seen from the front the right side is at the left of the picture. Bones are fixed: hands and feet
 * are targets and knees and elbows are solved, so proportions cannot break. Lean 0 = upright, 90 =
 * on all fours, -90 = on the back.
 */
import type { Drawing, Frame, Prop } from "../../library/frames";

export type Point = readonly [x: number, y: number];

const { abs, acos, atan2, cos, hypot, max, min, sin } = Math;
const RADIANS = Math.PI / 180;
export const TORSO = 25;
export const THIGH = 20;
export const SHANK = 19;
export const UPPER_ARM = 14;
export const FOREARM = 13;

/** Parts from back to front; upper case = far side, t p = trunk, n c = neck and head. */
export const PARTS = "AFDLSOnctplsoafd".split("");
const FACING = "ncptLSOlsoAFDafd".split("");

/** Whether the person stands or sits toward the one who looks: no side is farther away. */
export function isFacing({ view, frames }: Drawing): boolean {
  return view.includes("v") && abs(frames[0]?.[2] ?? 0) < 45;
}

/** The parts of a drawing from back to front. */
export function partsOf(drawing: Drawing): readonly string[] {
  return isFacing(drawing) ? FACING : PARTS;
}

/** Outlines by part letter, and `b` for the band. */
export type Outlines = Readonly<Record<string, string>>;

/** Shoulder, elbow and wrist, or hip, knee and ankle. */
export type Limb = readonly [root: Point, middle: Point, end: Point];

/** Where everything is in one pose. */
export interface Joints {
  readonly hip: Point;
  readonly shoulder: Point;
  readonly head: Point;
  /** Near and far. */
  readonly arms: readonly [Limb, Limb];
  readonly legs: readonly [Limb, Limb];
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function along([x, y]: Point, angle: number, distance: number): Point {
  return [x + sin(angle * RADIANS) * distance, y - cos(angle * RADIANS) * distance];
}

/** The point `distance` from a toward b. */
function toward(a: Point, b: Point, distance: number): Point {
  const share = distance / (hypot(b[0] - a[0], b[1] - a[1]) || 0.01);
  return [a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share];
}

/** Two circles of radius r and s with their outer tangents. */
function limb(a: Point, b: Point, r: number, s: number): string {
  const dx = b[0] - a[0];
  const dy = b[1] - a[1];
  const length = hypot(dx, dy) || 0.01;
  const turn = atan2(dy, dx);
  const open = acos(max(-1, min(1, (r - s) / length)));
  const on = (c: Point, k: number, w: number): string =>
    `${round(c[0] + cos(turn + w) * k)} ${round(c[1] + sin(turn + w) * k)}`;
  return `M${on(a, r, open)}A${r} ${r} 0 1 1 ${on(a, r, -open)}L${on(b, s, -open)}A${s} ${s} 0 0 1 ${on(b, s, open)}Z`;
}

/** Two bones from a toward b, bent to the side of `sign`. A target out of reach = straight. */
function reach(a: Point, b: Point, first: number, second: number, sign: number): Limb {
  const length = hypot(b[0] - a[0], b[1] - a[1]) || 0.01;
  const c = max(abs(first - second) + 0.5, min(length, first + second - 0.02));
  const bend = acos((first * first + c * c - second * second) / (2 * first * c)) * sign;
  const angle = atan2(b[1] - a[1], b[0] - a[0]) - bend;
  return [a, [a[0] + cos(angle) * first, a[1] + sin(angle) * first], toward(a, b, c)];
}

/** How far a clam is open, how much a chin is tucked, how far a head is turned; 0 without one. */
function extraOf(frame: Frame): number {
  return frame.length % 5 === 1 ? (frame.at(-1) ?? 0) : 0;
}

/** How a knee lies on the floor: half toward the one who looks. */
const LYING = -0.4;

/** The joints of one pose. */
export function jointsOf(frame: Frame, drawing: Drawing): Joints {
  const { view } = drawing;
  const front = view.includes("v");
  const k = (i: number): number => frame[i] ?? 0;
  const lean = k(2);
  const hip: Point = [k(0), k(1)];
  const shoulder = along(hip, lean, TORSO);
  /** Seen from the front the sides lie apart, seen from the side the far one a little behind. */
  const beside = ([x, y]: Point, d: number): Point =>
    front ? along([x, y], lean + 90, d) : d > 0 ? [x + 1.2, y - 0.6] : [x, y];
  const arm = (x: number, y: number, near: boolean): Limb => {
    const from = beside(shoulder, near ? -7 : 7);
    if (!view.includes("r")) {
      const turned = isFacing(drawing) ? !near : front && near;
      const out = turned !== (near && view.includes("e")) ? 1 : -1;
      return reach(from, [x, y], UPPER_ARM, FOREARM, out);
    }
    // The elbow stays at the side and the forearm turns about it, toward the one who looks.
    const elbow = along(from, lean + (near ? 184 : 176), UPPER_ARM);
    const far = hypot(x - elbow[0], y - elbow[1]);
    return [from, elbow, toward(elbow, [x, y], min(far, FOREARM))];
  };
  const leg = (x: number, y: number, near: boolean): Limb => {
    const from = beside(hip, near ? -4 : 4);
    if (view.includes("z")) {
      // Sitting toward the one who looks: thighs are short.
      const knee: Point = [from[0] + (near ? -2.5 : 2.5), from[1] + 7];
      return [from, knee, toward(knee, [x, y], SHANK)];
    }
    const back = front && near && !view.includes("k") ? -1 : 1;
    const solved = reach(from, [x, y], THIGH, SHANK, back);
    if (!view.includes("c")) return solved;
    // The knee swings about the line from hip to ankle; the lower one lies.
    const [, knee, ankle] = solved;
    const share = THIGH / (THIGH + SHANK);
    const onLine = (i: 0 | 1) => from[i] + (ankle[i] - from[i]) * share;
    const open = near ? extraOf(frame) : LYING;
    const swung = (i: 0 | 1) => onLine(i) + (knee[i] - onLine(i)) * open;
    return [from, [swung(0), swung(1)], ankle];
  };
  const both = frame.length > 14;
  return {
    hip,
    shoulder,
    head: along(shoulder, lean + k(4), 11),
    arms: [arm(k(5), k(6), true), arm(both ? k(10) : k(5) + 2.5, both ? k(11) : k(6) - 1, false)],
    legs: [leg(k(7), k(8), true), leg(both ? k(12) : k(7) + 2.5, both ? k(13) : k(8) - 0.8, false)],
  };
}

/** Heel and toe of a foot. Seen from the front it is short, and longer the more it is turned. */
function footOf(at: Point, angle: number, front: boolean): [Point, Point] {
  const [c, s] = [cos(angle * RADIANS), sin(angle * RADIANS)];
  const turned = (x: number, y: number): Point => [at[0] + x * c - y * s, at[1] + x * s + y * c];
  return front ? [at, turned(0, 3 + 4 * abs(s))] : [turned(-1.2, 1), turned(6.6, 2)];
}

/** The outlines of one pose. */
export function outlines(frame: Frame, drawing: Drawing): Outlines {
  const { hip, shoulder, head, arms, legs } = jointsOf(frame, drawing);
  const front = drawing.view.includes("v");
  const k = (i: number): number => frame[i] ?? 0;
  const lean = k(2);
  const gaze = lean + k(4);
  const extra = drawing.view.includes("c") ? 0 : extraOf(frame);
  const waist = along(along(hip, lean, TORSO * 0.45), lean + 90, k(3));
  const parts: Record<string, string> = {};
  const hands = arms.map(([from, elbow, wrist], i): Point => {
    const letters = i === 0 ? "afd" : "AFD";
    const short = hypot(wrist[0] - elbow[0], wrist[1] - elbow[1]);
    const hand = toward(elbow, wrist, short + 3.4);
    parts[letters.charAt(0)] = limb(from, elbow, 3.7, 2.9);
    parts[letters.charAt(1)] = limb(elbow, wrist, 2.9, 2.1);
    parts[letters.charAt(2)] = limb(wrist, hand, 2.3, 1.9);
    return hand;
  });
  const toes = legs.map(([from, knee, ankle], i): Point => {
    const letters = i === 0 ? "lso" : "LSO";
    parts[letters.charAt(0)] = limb(from, knee, 5.4, 3.9);
    parts[letters.charAt(1)] = limb(knee, ankle, 3.9, 2.5);
    const angle = k(i === 1 && frame.length > 14 ? 14 : 9);
    const [heel, toe] = footOf(ankle, angle, front);
    parts[letters.charAt(2)] = limb(heel, toe, front ? 2.6 : 2.7, front ? 2.9 : 1.7);
    return toe;
  });
  parts.n = limb(shoulder, along(shoulder, gaze, 5), 3, 2.7);
  const nod = front ? 0 : extra;
  const chin = along(along(head, gaze + nod, -3), gaze + nod + 90, front ? extra : 2.6);
  parts.c = limb(head, chin, 5.9, 3.3);
  const chest = along(shoulder, lean, front ? -4 : -1.5);
  parts.t = limb(waist, chest, front ? 6.8 : 5.4, front ? 8.6 : 6.2);
  parts.p = limb(hip, waist, front ? 7.6 : 6, front ? 6.8 : 5.4);
  const { band } = drawing;
  const [hand = hip] = hands;
  const held = { f: toes, h: hands, c: [along(hand, -90, 6), along(hand, 90, 6)] };
  parts.b = band ? lineOf(typeof band === "string" ? held[band] : [band, ...hands]) : "";
  return parts;
}

function lineOf(points: readonly Point[]): string {
  return `M${points.map((point) => point.map(round).join(" ")).join("L")}`;
}

/** A smooth pose at `u` (0..1) through all key frames. */
export function poseAt(frames: readonly Frame[], u: number): Frame {
  const last = frames.length - 1;
  const position = min(last - 1e-6, max(0, u * last));
  const i = last ? Math.floor(position) : 0;
  const t = last ? position - i : 0;
  const pick = (n: number): Frame => frames[max(0, min(last, n))] ?? [];
  const [a, b, c, d] = [pick(i - 1), pick(i), pick(i + 1), pick(i + 2)];
  return b.map((from, j) => {
    const [before = from, to = from, after = from] = [a[j], c[j], d[j]];
    if (last < 2) return from + (to - from) * t;
    const slope = 2 * before - 5 * from + 4 * to - after + t * (3 * (from - to) + after - before);
    return from + 0.5 * t * (to - before + t * slope);
  });
}

/** The outline of a thing in the room; an arrow bends by `b` to its left. */
export function propPath({ kind, x, y, x2, y2, b }: Prop): string {
  switch (kind) {
    case "c": // a chair, front edge at x
      return `M${x - 21} 46V94M${x - 21} 78.5H${x}M${x - 2} 78.5V94`;
    case "h": // the back of a chair to hold
      return `M${x} 52V94M${x} 72H${x + 17}M${x + 16} 72V94`;
    case "f": // a chair seen from the front, its middle at x
      return `M${x - 13} 40V94M${x + 13} 40V94M${x - 13} 40H${x + 13}M${x - 13} 73H${x + 13}`;
    case "o": // a stool
      return `M${x - 9} ${y}H${x + 9}M${x - 7} ${y}V94M${x + 7} ${y}V94`;
    case "t": // a table
      return `M${x} ${y || 60}H104M${x + 5} ${y || 60}V94`;
    case "l": // a long table behind the person
      return "M-4 60H104M2 60V94M98 60V94";
    case "w": // a wall
      return `M${x} 0V95`;
    case "s": // a step
      return `M${x} 95V83H104`;
    case "a":
      return arrow([x, y], [x2, y2], b);
    default: // a folded towel
      return `M${x - 6} ${y}h12`;
  }
}

function arrow(from: Point, to: Point, bulge: number): string {
  const angle = atan2(to[1] - from[1], to[0] - from[0]) / RADIANS + 90;
  const middle = along([(from[0] + to[0]) / 2, (from[1] + to[1]) / 2], angle - 90, bulge * 2);
  // The head follows the end of the curve.
  const end = atan2(to[1] - middle[1], to[0] - middle[0]) / RADIANS + 90;
  const wing = (turn: number): string =>
    along(to, end + turn, 4)
      .map(round)
      .join(" ");
  return `M${from.join(" ")}Q${middle.map(round).join(" ")} ${to.join(" ")}M${wing(150)}L${to.join(" ")} ${wing(210)}`;
}
