/** All exercises on one sheet, from start to end, with the side that works. */
import { exerciseName } from "../library";
import { NAMES } from "../library/names.en";
import { Figure } from "../ui/figure/figure";

export function Figures({ side }: { side: "left" | "right" }) {
  return (
    <main class="main">
      <h1>Exercises, {side}</h1>
      <ul class="stack">
        {Object.keys(NAMES).map((id) => (
          <li class="card">
            <Figure exercise={id} side={side} pose="pair" />
            <p class="small">
              {id} {exerciseName(id)}
            </p>
          </li>
        ))}
      </ul>
    </main>
  );
}
