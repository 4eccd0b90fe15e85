/** The figure where the first screen must not wait for it: its place is kept until it is there. */
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Figure } from "./figure";

const drawn = signal<typeof Figure | undefined>(undefined);

export function LazyFigure(props: Parameters<typeof Figure>[0]) {
  useEffect(() => {
    // Without it the words beside it say the same.
    const load = async () => {
      drawn.value = (await import("./figure")).Figure;
    };
    load().catch(() => undefined);
  }, []);
  const Drawn = drawn.value;
  if (Drawn) return <Drawn {...props} />;
  return <svg class="fig" viewBox="0 0 112 102" aria-hidden="true" focusable="false" />;
}
