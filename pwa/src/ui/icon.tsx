import { ICONS, type IconName } from "./icons";

/** Arrows and the loudspeaker turn with the direction of reading; body sides, clocks and ticks never. */
const TURNS: ReadonlySet<IconName> = new Set(["back", "next", "listen"]);

/** One symbol, without a name of its own: the words stand beside it. Sizes 24, 18 ("s"), 36 ("l"). */
export function Icon({ name, size = "" }: { name: IconName; size?: "" | "s" | "l" }) {
  const [thin, thick] = ICONS[name];
  return (
    <svg
      class={`i ${size} ${TURNS.has(name) ? "flip" : ""}`}
      viewBox="0 0 24 24"
      aria-hidden="true"
      focusable="false"
    >
      {thin && <path d={thin} />}
      {thick && <path stroke-width={name === "more" ? 3.5 : 4} d={thick} />}
    </svg>
  );
}
