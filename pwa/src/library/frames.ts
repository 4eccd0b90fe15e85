/**
 * Key frames of the exercises that have a figure, about 94 bytes each; the others are told in words.
 *
 * One line per exercise: `y working props band front | frame | frame …`, fields split by "/".
 * - y: top of the picture. working: letters of the body parts that work.
 * - props: letter + x (+ "," + y), split by spaces. band: "x,y" where a band is tied. front: "v".
 * - frame: hipX hipY lean bend head handX handY footX footY footAngle, then the far hand and foot
 *   when they are not just a little behind; split by spaces.
 */
const LINES: Readonly<Record<string, string>> = {
  bk04: "44/pl///|52 88 -90 0 6 62 91 77 90 0|48 73 -124 0 40 62 91 77 90 0",
  bk05: "44/pl///|48 73 -124 0 40 62 91 77 90 0 62 91 79 89 0|48 73 -124 0 40 62 91 77 90 0 62 91 99 44 -70",
  bk02: "44/l///|55 88 -90 0 10 66 91 80 90 0 66 91 82 89 0|55 88 -90 0 10 57 69 66 71 -20 59 69 82 89 0",
  bk07: "38/tp///|48 88 -90 0 8 60 92 68 66 -20 60 91 70 65 -20|48 88 -90 0 8 60 92 78 89 -10 60 91 70 65 -20",
  kn02: "38/l///|48 88 -90 0 8 60 92 98 89 -80 60 91 74 89 0|48 88 -90 0 8 60 92 92 56 -112 60 91 74 89 0",
  kn03: "44/ls///|48 88 -90 0 8 60 92 99 90 -80 60 91 99 89 -80|48 88 -90 0 8 60 92 70 90 -10 60 91 99 89 -80",
  nk04: "54/n///|54 88 -90 0 2 66 92 79 90 0|54 88 -90 0 40 66 92 79 90 0",
  bk09: "44/p///|46 89 88 0 0 99 92 2 92 170|46 89 62 -4 -46 86 91 2 92 170",
  hp02: "32/l///v|50 85 90 0 0 46 77 0 82 0 101 88 0 90 0|50 85 90 0 0 46 77 10 48 34 101 88 0 90 0",
  bk06: "34/lA///|42 69 88 0 -12 68 91 24 91 150 70 90 26 90 150|42 69 86 0 -12 68 91 -4 62 170 108 54 26 90 150",
  bk03: "34/tp///|36 69 88 -7 40 62 91 18 91 150|36 68 92 6 -36 62 91 18 91 150",
  kn05: "/lp/c46//|32 72 -4 0 4 44 66 52 90 0|38 67 40 0 -12 64 58 52 90 0|50 51 0 0 0 50 58 52 90 0",
  kn04: "22/ls/c46//|32 72 -3 0 3 38 72 52 90 0 30 72 53 90 0|32 72 -3 0 3 38 72 84 66 -66 30 72 53 90 0",
  hp04: "22/lp/c46//|32 72 -2 0 2 38 72 52 90 0 30 72 54 90 0|32 72 -2 0 2 38 72 52 74 0 30 72 54 90 0",
  hp06: "22/l/c46//|38 72 0 0 0 48 70 78 90 -62 46 70 52 90 0|38 72 36 0 -6 66 66 78 90 -62 62 66 52 90 0",
  an01: "22/so/c46//|32 72 -10 0 8 24 76 84 68 -16 22 76 53 90 0|32 72 -10 0 8 24 76 84 68 -84 22 76 53 90 0",
  sh02: "22/af/c34 t48 r63,57.5//|22 72 0 0 0 54 55 40 90 0 30 70 42 90 0|23 72 28 0 -10 84 55 40 90 0 40 70 42 90 0",
  kn06: "/lp/t66//|42 51 0 0 0 68 56 42 90 0|33 62 22 0 -14 68 56 42 90 0",
  an03: "/so/h66//|42 51 0 0 0 64 49 42 90 0|45 44 0 0 0 65 48 45 84 50",
  an05: "/so/h66//|42 51 0 0 0 64 49 42 90 0 65 48 24 78 50|45 44 0 0 0 65 48 45 84 50 66 47 26 72 50",
  hp03: "/lp/h68//|44 51 0 0 0 66 49 44 90 0 67 48 46 90 0|44 51 3 0 -2 66 49 12 88 28 67 48 46 90 0",
  ba02: "/lso/t66//|44 51 0 0 0 46 58 44 91 0 68 57 46 90 0|44 51 0 0 0 46 58 44 91 0 66 55 50 70 10",
  ba01: "/so/t66//|44 51 0 0 0 46 58 46 91 0 68 57 44 90 0|44 51 0 0 0 46 58 48 91 0 68 57 38 90 0",
  ba04: "/l///v|60 51 0 0 0 48 58 56 92 0 72 58 64 92 0|48 53 0 0 0 34 56 34 92 0 62 56 62 92 0|38 51 0 0 0 26 58 34 92 0 50 58 42 92 0",
  bk10: "/ls///|48 52 3 0 -2 36 56 66 89 -14 62 54 32 84 36|50 51 3 0 -2 50 58 50 90 0 52 57 46 80 34|48 52 3 0 -2 60 54 34 84 36 38 55 66 89 -14",
  hp05: "/l/h72//|44 52 0 0 0 70 49 32 90 0 71 48 54 90 0|50 61 -4 0 4 70 51 22 88 26 71 50 60 90 0",
  an02: "/so/w84//|44 52 6 0 -4 80 36 30 90 0 80 34 54 90 0|50 56 16 0 -12 80 36 26 90 0 80 34 62 90 0",
  sh03: "/af/w80//|54 51 2 0 -2 74 24 54 90 0|54 51 2 0 -10 74 2 54 90 0",
  sh07: "/af/w84//|48 53 12 0 -6 79 32 38 90 6|56 55 26 0 -14 79 34 38 90 14",
  kn08: "/l/w24//|34 54 -2 0 0 38 60 50 90 0|34 68 -2 0 0 50 66 53 90 0",
  kn07: "/lp/s54//|40 51 2 0 0 40 56 60 79 0 46 55 38 90 0|48 46 14 0 -6 42 52 60 79 0 54 46 40 88 26|60 40 0 0 0 58 47 60 79 0 64 46 63 79 0",
  sh06: "/af//104,40/|36 51 0 0 0 70 40 32 90 0 72 39 42 90 0|36 51 -2 0 2 44 42 32 90 0 46 41 42 90 0",
  sh01: "/af/t60//|34 52 62 0 -20 44 76 28 90 0 67 55 46 90 0|34 52 62 0 -20 68 76 28 90 0 67 55 46 90 0",
};

/** One pose: ten numbers (near side), or fifteen with the far hand and foot. */
export type Frame = readonly number[];

/** How an exercise is drawn. */
export interface Drawing {
  /** Top of the picture in the box of 100. */
  readonly top: number;
  /** Letters of the body parts that work. */
  readonly working: string;
  readonly props: readonly { readonly kind: string; readonly x: number; readonly y: number }[];
  /** Where a band is tied. */
  readonly band: readonly [number, number] | undefined;
  /** Seen from the front. */
  readonly front: boolean;
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

function readLine(line: string): Drawing {
  const [head = "", ...frames] = line.split("|");
  const [top, working = "", props, band, front] = head.split("/");
  const [bandX, bandY] = numbers(band, ",");
  return {
    top: top ? Number(top) : -4,
    working,
    props: (props ? props.split(" ") : []).map((prop) => {
      const [x = 0, y = 0] = numbers(prop.slice(1), ",");
      return { kind: prop.slice(0, 1), x, y };
    }),
    band: bandX === undefined || bandY === undefined ? undefined : [bandX, bandY],
    front: front === "v",
    frames: frames.map((frame) => numbers(frame, " ")),
  };
}

function numbers(text: string | undefined, by: string): number[] {
  return text ? text.split(by).map(Number) : [];
}
