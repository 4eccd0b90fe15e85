/** All exercises on one sheet, from start to end and as on the card of today. */
import { exerciseName } from "../library";
import { NAMES } from "../library/names.en";
import "./figures.css";
import { Figure } from "../ui/figure/figure";

export function Figures({ side }: { side: "left" | "right" }) {
  return (
    <main class="main">
      <h1>Exercises, {side}</h1>
      <ul class="figures">
        {Object.keys(NAMES).map((id) => (
          <li class="card">
            <Figure exercise={id} side={side} pose="pair" />
            <div class="row wrap">
              <div class="thumb">
                <Figure exercise={id} side={side} />
              </div>
              <p class="small">
                {id} {exerciseName(id)}
              </p>
            </div>
          </li>
        ))}
      </ul>
    </main>
  );
}
