/** Eleven buttons from 0 to 10 with words at both ends; no default, no slider. */
import { number } from "../../words";

interface ScoresProps {
  readonly label: string;
  /** What 0 means. */
  readonly low: string;
  /** What 10 means. */
  readonly high: string;
  readonly onPick: (score: number) => void;
}

const SCORES = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

export function Scores({ label, low, high, onPick }: ScoresProps) {
  return (
    <>
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset breaks the grid in older Chromium */}
      <div class="pain" role="group" aria-label={label}>
        {SCORES.map((score) => (
          <button type="button" data-testid={`score-${score}`} onClick={() => onPick(score)}>
            <span>{number(score)}</span>
            {score === 0 ? (
              <small>{low}</small>
            ) : (
              <svg class="flip" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
                <rect width="100" height="10" />
                <rect class="v" width={score * 10} height="10" />
              </svg>
            )}
          </button>
        ))}
      </div>
      <div class="ends">
        <span>{low}</span>
        <span>{high}</span>
      </div>
    </>
  );
}
