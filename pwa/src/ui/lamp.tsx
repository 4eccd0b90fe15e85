/** The traffic light: disc, triangle, octagon; middle, light, dark. Always beside a word. */
import "./styles/lamp.css";

export type Light = "go" | "slow" | "stop";

const SHAPES = {
  go: {
    body: "M3 20a17 17 0 1 0 34 0a17 17 0 1 0-34 0",
    mark: "m12 20.5 5.5 5.5 10.5-12",
    ink: "wt",
  },
  slow: { body: "M20 4 37.5 35H2.5z", mark: "M20 15v9M20 29.3v.1", ink: "bk" },
  stop: { body: "M13 3h14l10 10v14L27 37H13L3 27V13z", mark: "M11.5 20h17", ink: "wt" },
} as const;

export function Lamp({ light, size = "" }: { light: Light; size?: "" | "s" | "xl" }) {
  const { body, mark, ink } = SHAPES[light];
  return (
    <svg class={`lamp ${size}`} viewBox="0 0 40 40" aria-hidden="true">
      <path class={light} d={body} />
      <path class={ink} d={mark} />
    </svg>
  );
}
