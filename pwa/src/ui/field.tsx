/** A labelled line of text for those who type; patients have none. */
import type { Signal } from "@preact/signals";
import { Icon } from "./icon";

interface FieldProps {
  /** Also the test id. */
  readonly id: string;
  readonly label: string;
  readonly value: Signal<string>;
  /** Letters at most. */
  readonly max: number;
  /** Plain words when something is wrong with it, else "". */
  readonly error?: string;
  /** Several lines. */
  readonly long?: boolean;
}

export function Field({ id, label, value, max, error = "", long = false }: FieldProps) {
  const common = {
    id,
    dir: "auto" as const,
    value: value.value,
    maxLength: max,
    autoComplete: "off",
    "data-testid": id,
    "aria-invalid": error !== "",
    "aria-describedby": error ? `${id}-error` : undefined,
    onInput: (event: { currentTarget: { value: string } }) => {
      value.value = event.currentTarget.value;
    },
  };
  return (
    <div class={`field ${error ? "bad" : ""}`}>
      <label for={id}>{label}</label>
      {long ? <textarea {...common} rows={4} /> : <input {...common} type="text" />}
      {error && (
        <p class="err" id={`${id}-error`}>
          <Icon name="alert" size="s" />
          {error}
        </p>
      )}
    </div>
  );
}
