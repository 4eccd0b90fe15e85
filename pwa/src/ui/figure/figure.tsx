/**
 * The figure on the page. A pose is drawn by Preact; a moving figure is told its pose frame by frame
 * through `draw`, which touches only the outlines.
 */
import { type Drawing, drawingOf } from "../../library/frames";
import { isFacing, outlines, partsOf, poseAt, propPath } from "./pose";

interface FigureProps {
  readonly exercise: string;
  /** The working side; the figure is mirrored by side, never by language. */
  readonly side: "both" | "left" | "right" | "each";
  /** Pose between first (0) and last (1) key frame, or start and end with an arrow. */
  readonly pose?: number | "pair";
  /** Spoken name; without one the figure is decoration beside its words. */
  readonly label?: string;
  /** Gives the element whose parts `drawPose` moves. */
  readonly hold?: (parts: SVGGElement | null) => void;
}

/** The figure of an exercise, or nothing when there are no key frames for it. */
export function Figure({ exercise, side, pose = 1, label, hold }: FigureProps) {
  const drawing = drawingOf(exercise);
  if (!drawing) return null;
  const pair = pose === "pair";
  const mirrored = side === "left";
  const [x, y, width, height] = drawing.window;
  const window = `${mirrored ? 100 - x - width : x} ${y} ${width} ${height}`;
  const person = (u: number) => <Person drawing={drawing} mirrored={mirrored} u={u} hold={hold} />;
  return (
    <svg
      class="fig"
      viewBox={pair ? `0 0 ${2 * width + 4} ${height}` : window}
      role={label ? "img" : undefined}
      aria-label={label}
      aria-hidden={label ? undefined : "true"}
      focusable="false"
    >
      {!pair && person(pose)}
      {pair &&
        [0, 1].map((u) => (
          <svg
            x={u * (width + 4)}
            width={width}
            height={height}
            viewBox={window}
            aria-hidden="true"
          >
            {person(u)}
          </svg>
        ))}
      {pair && (
        <path
          class="f-arrow"
          transform={`translate(${width - 3} ${height / 9}) scale(${width / 112})`}
          d="M0 0h10m-4-4 4 4-4 4"
        />
      )}
    </svg>
  );
}

interface PersonProps {
  readonly drawing: Drawing;
  readonly mirrored: boolean;
  readonly u: number;
  readonly hold?: FigureProps["hold"] | undefined;
}

function Person({ drawing, mirrored, u, hold }: PersonProps) {
  const lines = outlines(poseAt(drawing.frames, u), drawing);
  const arrows = drawing.props.filter(({ kind }) => kind === "a");
  const things = drawing.props.filter(({ kind }) => kind !== "a");
  return (
    <g transform={mirrored ? "matrix(-1 0 0 1 100 0)" : undefined}>
      <path class="f-floor" d="M-4 96H104" />
      {things.map((prop) => (
        <path class={prop.kind === "r" ? "f-towel" : "f-prop"} d={propPath(prop)} />
      ))}
      <g ref={hold ?? null}>
        {partsOf(drawing).map((part) => (
          <path class={partClass(part, drawing)} d={lines[part]} />
        ))}
        <path class="f-band" d={lines.b} />
      </g>
      {arrows.map((prop) => (
        <path class="f-arrow" d={propPath(prop)} />
      ))}
    </g>
  );
}

/** The style of a part. */
export function partClass(part: string, drawing: Drawing): string {
  if (drawing.working.includes(part)) return "f-work";
  if (part === "t" || part === "p") return "f-cloth";
  return part < "a" && !isFacing(drawing) ? "f-far" : "f-near";
}

/** Moves the parts of a drawn figure to pose `u`. */
export function drawPose(parts: SVGGElement, exercise: string, u: number): void {
  const drawing = drawingOf(exercise);
  if (!drawing) return;
  const lines = outlines(poseAt(drawing.frames, u), drawing);
  for (const [i, part] of [...partsOf(drawing), "b"].entries()) {
    parts.children[i]?.setAttribute("d", lines[part] ?? "");
  }
}

export function hasFigure(exercise: string): boolean {
  return drawingOf(exercise) !== undefined;
}
