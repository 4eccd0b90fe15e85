/** A number with less and more beside it. */
import { Icon } from "../../ui/icon";
import { number, t } from "../../words";

/** Least, most, step. */
export type Bounds = readonly [number, number, number];

interface StepperProps {
  readonly label: string;
  /** Whose number it is, for the names of the buttons. */
  readonly of: string;
  readonly value: number;
  readonly bounds: Bounds;
  readonly text?: string | undefined;
  readonly onChange: (value: number) => void;
}

export function Stepper({ label, of, value, bounds, text, onChange }: StepperProps) {
  const [least, most, by] = bounds;
  const to = (next: number) => onChange(Math.min(most, Math.max(least, next)));
  return (
    <div>
      <span class="kicker">{label}</span>
      <span class="stepper">
        <button
          type="button"
          aria-label={t("plan.less", { what: label, exercise: of })}
          onClick={() => to(value - by)}
        >
          <Icon name="minus" size="s" />
        </button>
        <output>{text ?? number(value)}</output>
        <button
          type="button"
          aria-label={t("plan.more", { what: label, exercise: of })}
          onClick={() => to(value + by)}
        >
          <Icon name="plus" size="s" />
        </button>
      </span>
    </div>
  );
}
