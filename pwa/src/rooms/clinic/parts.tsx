/** Small parts of the clinic's screens: what is asked of the server, and acts that take two taps. */
import { type Signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { Banner } from "../../ui/parts";
import { t } from "../../words";

/** Something that the server tells. */
export interface Told<T> {
  /** Undefined until it is there. */
  readonly value: T | undefined;
  readonly isFailed: boolean;
  /** Ask once more. */
  again(): Promise<void>;
}

/** What `load` gives; asked for when the screen is opened. */
export function useTold<T>(load: () => Promise<T>): Told<T> {
  const told: Signal<{ readonly value?: T; readonly isFailed: boolean }> = useSignal({
    isFailed: false,
  });
  const again = async () => {
    try {
      told.value = { value: await load(), isFailed: false };
    } catch {
      told.value = { ...told.peek(), isFailed: true };
    }
  };
  useEffect(() => void again(), []);
  return { value: told.value.value, isFailed: told.value.isFailed, again };
}

/** Stands in place of what is not told yet. */
export function Waiting({ told }: { readonly told: Told<unknown> }) {
  if (told.isFailed) {
    return (
      <Banner icon="nonet" testid="clinic-not-seen">
        <p>{t("clinic.notSeen")}</p>
        <button type="button" class="btn plain" onClick={() => void told.again()}>
          {t("act.retry")}
        </button>
      </Banner>
    );
  }
  return told.value === undefined ? <p class="soft">{t("wait.moment")}</p> : null;
}

interface TwoTapsProps {
  readonly label: string;
  readonly testid: string;
  /** It takes something away. */
  readonly isDanger?: boolean;
  readonly act: () => Promise<unknown>;
}

/** An act that is asked for once more before it is done; what was not done is said beside it. */
export function TwoTaps({ label, testid, isDanger = false, act }: TwoTapsProps) {
  const state = useSignal<"" | "sure" | "busy" | "failed">("");
  const tap = async () => {
    const before = state.peek();
    if (before === "busy") return;
    if (before !== "sure") {
      state.value = "sure";
      return;
    }
    state.value = "busy";
    try {
      await act();
      state.value = "";
    } catch {
      state.value = "failed";
    }
  };
  const isBusy = state.value === "busy";
  const isSure = state.value === "sure";
  return (
    <>
      <button
        type="button"
        class={`btn wide ${isDanger ? "danger" : isSure ? "act" : ""}`}
        data-testid={testid}
        aria-disabled={isBusy}
        onClick={() => void tap()}
      >
        {isBusy ? t("wait.moment") : isSure ? t("clinic.sure", { what: label }) : label}
      </button>
      <Failed isShown={state.value === "failed"} />
    </>
  );
}

export function Failed({ isShown }: { readonly isShown: boolean }) {
  return (
    <div role="alert">
      {isShown && (
        <Banner icon="alert" tone="warn" testid="clinic-failed">
          <p>{t("clinic.failed")}</p>
        </Banner>
      )}
    </div>
  );
}
