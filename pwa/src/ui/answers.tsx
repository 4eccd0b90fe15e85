/** The two questions of every session: eleven numbers and five faces. No sliders, no default. */
import { number, t } from "../words";
import { painWord } from "./parts";

const SCORES = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

/** Eleven buttons; the bar under a number grows, so that digits are not needed. */
export function PainPicker({
  label,
  chosen,
  onPick,
}: {
  label: string;
  chosen?: number | undefined;
  onPick: (score: number) => void;
}) {
  return (
    <>
      <div class="said">
        {chosen !== undefined && (
          <>
            <output>{number(chosen)}</output>
            <span>{painWord(chosen)}</span>
          </>
        )}
      </div>
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset breaks the grid in older Chromium */}
      <div class="pain" role="group" aria-label={label}>
        {SCORES.map((score) => (
          <button
            type="button"
            data-testid={`pain-${score}`}
            aria-pressed={score === chosen}
            onClick={() => onPick(score)}
          >
            <span>{number(score)}</span>
            {score === 0 ? <small>{t("pain.none")}</small> : <Bar score={score} />}
          </button>
        ))}
      </div>
      <div class="ends">
        <span>{t("pain.low")}</span>
        <span>{t("pain.high")}</span>
      </div>
    </>
  );
}

function Bar({ score }: { score: number }) {
  return (
    <svg class="flip" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
      <rect width="100" height="10" />
      <rect class="v" width={score * 10} height="10" />
    </svg>
  );
}

const FACES = [
  { effort: 0, lines: "M15 20v2M33 20v2M15 30q9 8 18 0" },
  { effort: 2, lines: "M15 20v2M33 20v2M16 31q8 4 16 0" },
  { effort: 5, lines: "M15 20v2M33 20v2M16 32h16" },
  {
    effort: 7,
    lines: "M12 17l6 2M36 17l-6 2M15 22v1.5M33 22v1.5M17 34q7-4 14 0M41 9q4 5 0 7-4-2 0-7",
  },
  {
    effort: 10,
    lines:
      "M12 16l6 3M36 16l-6 3M13 24h5M30 24h5M17 33h14v3H17zM41 8q4 5 0 7-4-2 0-7M6 13q3 4 0 6-3-2 0-6",
  },
] as const;

/** Five faces for 0, 2, 5, 7 and 10. */
export function EffortFaces({
  label,
  chosen,
  onPick,
}: {
  label: string;
  chosen?: number | undefined;
  onPick: (effort: number) => void;
}) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset breaks the grid in older Chromium
    <div class="faces" role="group" aria-label={label}>
      {FACES.map(({ effort, lines }) => (
        <button
          type="button"
          data-testid={`effort-${effort}`}
          aria-pressed={effort === chosen}
          onClick={() => onPick(effort)}
        >
          <svg viewBox="0 0 48 48" aria-hidden="true">
            <circle cx="24" cy="25" r="19" />
            <path d={lines} />
          </svg>
          {t(`effort.${effort}`)}
        </button>
      ))}
    </div>
  );
}
