/** The pad on which a number is tapped; nothing needs to be typed, a keyboard works as well. */
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { number, t } from "../../words";

const DIGITS_MIN = 4;
const DIGITS_MAX = 8;
const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9"] as const;

interface PadProps {
  readonly label: string;
  /** How long the number is; without it 4 to 8 digits are taken and ended by a tap. */
  readonly digits?: number;
  /** Nothing is taken now. */
  readonly still?: boolean;
  readonly onDone: (pin: string) => void;
}

export function PinPad({ label, digits, still = false, onDone }: PadProps) {
  const typed = useSignal("");
  const most = digits ?? DIGITS_MAX;
  const done = () => {
    const pin = typed.peek();
    typed.value = "";
    onDone(pin);
  };
  const press = (key: string) => {
    if (still || typed.peek().length >= most) return;
    typed.value += key;
    if (typed.peek().length === digits) done();
  };
  const drop = () => {
    typed.value = typed.peek().slice(0, -1);
  };
  const mayEnd = typed.value.length >= DIGITS_MIN;
  const end = () => {
    if (digits === undefined && typed.peek().length >= DIGITS_MIN) done();
  };
  useKeyboard({ press, drop, end });
  return (
    <>
      <div class="stack">
        <p class="strong" id="pad-label">
          {label}
        </p>
        <Dots entered={typed.value.length} all={digits} />
      </div>
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset can not be a grid everywhere */}
      <div class="pin" role="group" aria-labelledby="pad-label">
        {KEYS.map((key) => (
          <Digit key={key} digit={key} still={still} press={press} />
        ))}
        <span />
        <Digit digit="0" still={still} press={press} />
        <button
          type="button"
          class="none"
          aria-label={t("lock.delete")}
          data-testid="pin-delete"
          onClick={drop}
        >
          <svg class="i" viewBox="0 0 24 24" aria-hidden="true">
            <path d="M9 5h11.5v14H9l-6-7zM12.5 9.500l5 5M17.500 9.500l-5 5" />
          </svg>
        </button>
      </div>
      {digits === undefined && (
        <button
          type="button"
          class="btn main-act"
          aria-disabled={!mayEnd}
          data-testid="pin-end"
          onClick={end}
        >
          {t("act.next")}
        </button>
      )}
    </>
  );
}

interface DigitProps {
  readonly digit: string;
  readonly still: boolean;
  readonly press: (digit: string) => void;
}

function Digit({ digit, still, press }: DigitProps) {
  return (
    <button
      type="button"
      aria-disabled={still}
      data-testid={`pin-${digit}`}
      onClick={() => press(digit)}
    >
      {number(Number(digit))}
    </button>
  );
}

/** How many digits are in, never which. */
function Dots({ entered, all }: { entered: number; all: number | undefined }) {
  const label =
    all === undefined
      ? t("lock.enteredSome", { n: entered })
      : t("lock.entered", { n: entered, all });
  return (
    <>
      <ol class="dots" aria-hidden="true">
        {Array.from({ length: all ?? Math.max(DIGITS_MIN, entered) }, (_, i) => (
          <li class={i < entered ? "done" : ""} />
        ))}
      </ol>
      <p class="vh" role="status">
        {entered > 0 && label}
      </p>
    </>
  );
}

interface Keys {
  readonly press: (digit: string) => void;
  readonly drop: () => void;
  readonly end: () => void;
}

/** Digits of a real keyboard, for those who have one. */
function useKeyboard(keys: Keys): void {
  const now = useRef(keys);
  now.current = keys;
  useEffect(() => {
    const hear = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.altKey || event.metaKey) return;
      if (/^[0-9]$/.test(event.key)) now.current.press(event.key);
      else if (event.key === "Backspace") now.current.drop();
      // On a button, Enter is that button's.
      else if (event.key === "Enter" && !(event.target instanceof HTMLButtonElement)) {
        now.current.end();
      }
    };
    addEventListener("keydown", hear);
    return () => removeEventListener("keydown", hear);
  }, []);
}
