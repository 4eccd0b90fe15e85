/** What became of a number, and how long to wait for the next. */
import { type ReadonlySignal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { t } from "../../words";

/** Words for the person; "" while all is well. */
export interface Refusal {
  /** Say why a number was not taken; gives false for an error of another kind. */
  readonly tell: (error: unknown) => void;
  readonly clear: () => void;
  /** Seconds until the next try. */
  readonly waitS: ReadonlySignal<number>;
  readonly words: string;
}

type Said = "" | "wrong" | "broken";

/** Counts down by itself; `first` = seconds that were still to wait at the start. */
export function useRefusal(first = 0): Refusal {
  const said = useSignal<Said>("");
  const left = useSignal(0);
  const waitS = useSignal(first);
  useEffect(() => {
    waitS.value = Math.max(waitS.peek(), first);
  }, [first]);
  useEffect(() => {
    const timer = setInterval(() => {
      if (waitS.peek() > 0) waitS.value -= 1;
    }, 1000);
    return () => clearInterval(timer);
  }, []);
  const tell = (error: unknown) => {
    const refused = error as { name?: string; left?: number; waitS?: number };
    said.value = refused.name === "PinRefused" ? "wrong" : "broken";
    left.value = refused.left ?? 0;
    waitS.value = refused.waitS ?? 0;
  };
  const clear = () => {
    said.value = "";
  };
  return { tell, clear, waitS, words: wordsOf(said.value, left.value, waitS.value) };
}

function wordsOf(said: Said, left: number, waitS: number): string {
  if (waitS > 0) return t("lock.wait", { n: waitS });
  if (said === "broken") return t("lock.broken");
  return said === "wrong" && left > 0 ? t("lock.wrong", { n: left }) : "";
}
