/** A square code, black on white in every theme. */
import "./styles/code.css";
import { encode } from "uqr";

/** Letters from which on a code is so fine that it takes all the room there is. */
const FINE = 500;

interface SquareCodeProps {
  readonly text: string;
  /** What it is, for those who do not see it. */
  readonly label: string;
}

export function SquareCode({ text, label }: SquareCodeProps) {
  const { data, size } = encode(text, { border: 2 });
  const squares = data.flatMap((row, y) =>
    row.flatMap((dark, x) => (dark ? [`M${x} ${y}h1v1h-1z`] : [])),
  );
  return (
    <div class={text.length < FINE ? "qr" : "qr fine"}>
      <svg viewBox={`0 0 ${size} ${size}`} role="img" aria-label={label}>
        <path d={squares.join("")} shape-rendering="crispEdges" />
      </svg>
    </div>
  );
}
