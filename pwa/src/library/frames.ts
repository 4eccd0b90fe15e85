/**
 * Key frames of the exercises, about 90 bytes each.
 *
 * One line per exercise: `window working props band view | frame | frame …`, fields split by "/".
 * - window: top of the picture, or "x,y,width,height" for a closer look.
 * - working: letters of the body parts that work.
 * - props: letter + numbers, split by spaces; see `propPath`. band: "x,y" where a band is tied, or
 *   "h", "f" for one from hand to hand, from foot to foot; "c" for a cloth under the near hand.
 * - view: "v" from the front; "z" sitting toward the one who looks; "r" elbows stay at the side and
 *   forearms turn; "c" the near knee swings out; "k", "e" near knee, near elbow bend the other way.
 * - frame: hipX hipY lean bend head handX handY footX footY footAngle, then the far hand and foot
 *   when they are not just a little behind, then one more number: how far the head is nodded
 *   (degrees), turned, or the knee swung (-1..1); split by spaces.
 */
const LINES: Readonly<Record<string, string>> = {
  bk01: "44/tp/a43,62,43,74//|52 88 -90 8 6 53 94 77 90 0|52 88 -90 -1 6 53 94 77 90 0",
  bk02: "44/l///|55 88 -90 0 10 66 91 80 90 0 66 91 82 89 0|55 88 -90 0 10 57 69 66 71 -20 59 69 82 89 0",
  bk03: "34/tp///|36 69 88 -7 40 62 91 18 91 150|36 68 92 6 -36 62 91 18 91 150",
  bk04: "44/pl///|52 88 -90 0 6 62 91 77 90 0|48 73 -124 0 40 62 91 77 90 0",
  bk05: "44/pl///|48 73 -124 0 40 62 91 77 90 0 62 91 79 89 0|48 73 -124 0 40 62 91 77 90 0 62 91 99 44 -70",
  bk06: "34/lA///|42 69 88 0 -12 68 91 24 91 150 70 90 26 90 150|42 69 86 0 -12 68 91 -4 62 170 108 54 26 90 150",
  bk07: "38/tp///|48 88 -90 0 8 60 92 68 66 -20 60 91 70 65 -20|48 88 -90 0 8 60 92 78 89 -10 60 91 70 65 -20",
  bk08: "34/tp/a60,64,60,52//vke|50 86 58 0 0 54 82 13 86 110 87 91 13 89 110|48 79 72 0 0 50 78 11 82 110 87 91 12 86 110",
  bk09: "44/p///|46 89 88 0 0 99 92 2 92 170|46 89 62 -4 -46 86 91 2 92 170",
  bk10: "/ls/a74,34,90,34//|48 52 3 0 -2 36 56 66 89 -14 62 54 32 84 36|50 51 3 0 -2 50 58 50 90 0 52 57 46 80 34|48 52 3 0 -2 60 54 34 84 36 38 55 66 89 -14",
  nk01: "2,24,62,56/nc/c46 a60,42,48,42//|32 72 0 0 30 38 68 52 90 0 -30|32 72 0 0 -6 38 68 52 90 0 14",
  nk02: "16,8,68,62/nc/f50 a62,22,38,22,-5//vz|50 66 0 0 0 42 66 44 90 0 58 66 56 90 0 0|50 66 0 0 0 42 66 44 90 0 58 66 56 90 0 -4",
  nk03: "16,12,68,62/nc/f50 a52,20,68,28,3//vz|50 66 0 0 0 42 66 44 90 0 63 72 56 90 0|50 66 0 0 34 42 66 44 90 0 63 72 56 90 0",
  nk04: "50/nc/a10,78,10,66//|54 88 -90 0 2 66 92 79 90 0|54 88 -90 0 44 66 92 79 90 0",
  nk05: "16,12,68,62/nafd/f50 a24,26,34,27 a72,29,60,29//vze|50 66 0 0 0 40 68 44 90 0 58 66 56 90 0|50 66 0 0 0 40.5 31.5 44 90 0 58 66 56 90 0",
  nk06: "2,24,62,56/ta/c46 a54,46,42,48//|32 72 12 -3 20 48 68 52 90 0 -26|33 72 -4 1 -4 34 66 52 90 0 6",
  sh01: "/af/t60 a44,85,68,85,-3//|34 52 62 0 -20 44 76 28 90 0 67 55 46 90 0|34 52 62 0 -20 68 76 28 90 0 67 55 46 90 0",
  sh02: "22/af/c34 t44/c/|22 72 0 0 0 47 57 40 90 0 30 70 42 90 0|23 72 28 0 -10 61 57 40 90 0 40 70 42 90 0",
  sh03: "/af/w80//|54 51 2 0 -2 74 24 54 90 0|54 51 2 0 -10 74 2 54 90 0",
  sh04: "6,4,68,62/af/w27 a40,38,31,38//vr|50 51 0 0 0 42 49 46 90 0 58 49 54 90 0|50 51 0 0 0 33 45 46 90 0 58 49 54 90 0",
  sh05: "16,4,68,62/af/a46,58,30,53,-3/h/vr|50 51 0 0 0 52 44 46 90 0 56 47 54 90 0|50 51 0 0 0 42 52 46 90 0 56 47 54 90 0|50 51 0 0 0 30 42 46 90 0 56 47 54 90 0",
  sh06: "/af//104,40/|36 51 0 0 0 70 40 32 90 0 72 39 42 90 0|36 51 -2 0 2 44 42 32 90 0 46 41 42 90 0",
  sh07: "/af/w84//|48 53 12 0 -6 79 32 38 90 6|56 55 26 0 -14 79 34 38 90 14",
  hp01: "40/ls///vc|48 84 90 0 0 66 90 18 86 100 96 84 18 89 100 -.5|48 84 90 0 0 66 90 18 86 100 96 84 18 89 100 1",
  hp02: "/l/h72//v|50 51 0 0 0 42 58 46 90 0 70 50 54 90 0|50 51 0 0 0 42 58 22 82 30 70 50 54 90 0",
  hp03: "/lp/h68//|44 51 0 0 0 66 49 44 90 0 67 48 46 90 0|44 51 3 0 -2 66 49 12 88 28 67 48 46 90 0",
  hp04: "22/lp/c46//|32 72 -2 0 2 38 72 52 90 0 30 72 54 90 0|32 72 -2 0 2 38 72 52 74 0 30 72 54 90 0",
  hp05: "/l/h72//|44 52 0 0 0 70 49 32 90 0 71 48 54 90 0|50 61 -4 0 4 70 51 22 88 26 71 50 60 90 0",
  hp06: "22/l/c46//|38 72 0 0 0 48 70 78 90 -62 46 70 52 90 0|38 72 36 0 -6 66 66 78 90 -62 62 66 52 90 0",
  kn01: "34/l/r51,91 a51,60,51,73//|32 88 -24 0 6 14 90 67 90 -60 16 90 62 90 0|32 88 -24 0 6 14 90 70 90 -84 16 90 62 90 0",
  kn02: "38/l///|48 88 -90 0 8 60 92 98 89 -80 60 91 74 89 0|48 88 -90 0 8 60 92 92 56 -112 60 91 74 89 0",
  kn03: "44/ls///|48 88 -90 0 8 60 92 99 90 -80 60 91 99 89 -80|48 88 -90 0 8 60 92 70 90 -10 60 91 99 89 -80",
  kn04: "22/ls/c46//|32 72 -3 0 3 38 72 52 90 0 30 72 53 90 0|32 72 -3 0 3 38 72 84 66 -66 30 72 53 90 0",
  kn05: "/lp/c46//|32 72 -4 0 4 44 66 52 90 0|38 67 40 0 -12 64 58 52 90 0|50 51 0 0 0 50 58 52 90 0",
  kn06: "/lp/t66//|42 51 0 0 0 68 56 42 90 0|33 62 22 0 -14 68 56 42 90 0",
  kn07: "/lp/s54//|40 51 2 0 0 40 56 60 79 0 46 55 38 90 0|48 46 14 0 -6 42 52 60 79 0 54 46 40 88 26|60 40 0 0 0 58 47 60 79 0 64 46 63 79 0",
  kn08: "/l/w24//|34 54 -2 0 0 38 60 50 90 0|34 68 -2 0 0 50 66 53 90 0",
  an01: "22/so/c46 o84,76 a100,70,94,56,-3//|32 72 -10 0 8 24 76 84 70 -20 22 76 53 90 0|32 72 -10 0 8 24 76 84 70 -100 22 76 53 90 0",
  an02: "/so/w84//|44 52 6 0 -4 80 36 30 90 0 80 34 54 90 0|50 56 16 0 -12 80 36 26 90 0 80 34 62 90 0",
  an03: "/so/h66//|42 51 0 0 0 64 49 42 90 0|45 44 0 0 0 65 48 45 84 50",
  an04: "10,20,80,78/so/f50 a32,82,20,86,2/f/vz|50 66 0 0 0 42 62 44 90 10 58 62 56 90 -10|50 66 0 0 0 42 62 44 90 70 58 62 56 90 -10",
  an05: "/so/h66//|42 51 0 0 0 64 49 42 90 0 65 48 24 78 50|45 44 0 0 0 65 48 45 84 50 66 47 26 72 50",
  ba01: "/so/t66//|44 51 0 0 0 46 58 46 91 0 68 57 44 90 0|44 51 0 0 0 46 58 50 91 0 68 57 38 90 0",
  ba02: "/lso/t66//|44 51 0 0 0 46 58 44 91 0 68 57 46 90 0|44 51 0 0 0 46 58 44 91 0 66 55 50 70 10",
  ba03: "/lso/l a70,30,86,30//|34 51 0 0 0 42 58 28 90 0 40 57 40 90 0|42 51 0 0 0 48 58 42 84 10 46 57 40 90 0|46 51 0 0 0 54 58 52 90 0 52 57 40 90 0",
  ba04: "/ls/l a34,3,18,3//v|70 51 0 0 0 58 58 66 92 0 82 58 74 92 0|58 53 0 0 0 44 56 42 92 0 72 56 72 92 0|46 51 0 0 0 34 58 42 92 0 58 58 50 92 0|34 53 0 0 0 20 56 18 92 0 48 56 48 92 0",
};

/** One pose: ten numbers (near side), or fifteen with the far hand and foot, and one more. */
export type Frame = readonly number[];

/** A thing in the room, or an arrow from (x, y) to (x2, y2). */
export interface Prop {
  readonly kind: string;
  readonly x: number;
  readonly y: number;
  readonly x2: number;
  readonly y2: number;
  /** How much an arrow is bent. */
  readonly b: number;
}

/** How an exercise is drawn. */
export interface Drawing {
  /** The part of the box that is shown: x, y, width, height. */
  readonly window: readonly [x: number, y: number, width: number, height: number];
  /** Letters of the body parts that work. */
  readonly working: string;
  readonly props: readonly Prop[];
  /** Where a band is tied, that it goes from hand to hand (h), from foot to foot (f); a cloth (c). */
  readonly band: readonly [x: number, y: number] | "h" | "f" | "c" | undefined;
  /** From where it is seen and how limbs bend, see above. */
  readonly view: string;
  readonly frames: readonly Frame[];
}

const known = new Map<string, Drawing>();

/** The drawing of an exercise, or undefined when it has none. */
export function drawingOf(exercise: string): Drawing | undefined {
  const line = LINES[exercise];
  if (line === undefined) return undefined;
  const drawing = known.get(exercise) ?? readLine(line);
  known.set(exercise, drawing);
  return drawing;
}

/** Bytes in the file for one exercise, as written: for those who weigh. */
export function lineOf(exercise: string): string {
  return LINES[exercise] ?? "";
}

function readLine(line: string): Drawing {
  const [head = "", ...frames] = line.split("|");
  const [window, working = "", props, band, view = ""] = head.split("/");
  const [first = -4, top, width = 112, height = 0] = numbers(window, ",");
  return {
    window: top === undefined ? [-6, first, width, 98 - first] : [first, top, width, height],
    working,
    props: (props ? props.split(" ") : []).map((prop) => {
      const [x = 0, y = 0, x2 = 0, y2 = 0, b = 0] = numbers(prop.slice(1), ",");
      return { kind: prop.slice(0, 1), x, y, x2, y2, b };
    }),
    band: bandOf(band),
    view,
    frames: frames.map((frame) => numbers(frame, " ")),
  };
}

function bandOf(text: string | undefined): Drawing["band"] {
  if (!text) return undefined;
  if (text === "h" || text === "f" || text === "c") return text;
  const [x = 0, y = 0] = numbers(text, ",");
  return [x, y];
}

function numbers(text: string | undefined, by: string): number[] {
  return text ? text.split(by).map(Number) : [];
}
