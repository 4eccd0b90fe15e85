/** A part of the app that is fetched when it is first shown; offline it comes from the precache. */
import { signal } from "@preact/signals";
import type { ComponentType } from "preact";
import { useEffect } from "preact/hooks";
import { t } from "../words";

/**
 * A component that loads `load` once. When that fails (no network and nothing cached) it offers to
 * try again; what was entered elsewhere stays.
 */
export function later<Props extends object>(
  load: () => Promise<ComponentType<Props>>,
): { Part: (props: Props) => preact.JSX.Element; ready: () => Promise<void> } {
  const part = signal<{ readonly Loaded?: ComponentType<Props>; readonly failed?: boolean }>({});
  const ready = async () => {
    if (part.peek().Loaded) return;
    try {
      part.value = { Loaded: await load() };
    } catch {
      part.value = { failed: true };
    }
  };
  function Part(props: Props) {
    const { Loaded, failed } = part.value;
    useEffect(() => void ready(), []);
    if (Loaded) return <Loaded {...props} />;
    return (
      <div class="page">
        <main class="main" aria-busy={!failed}>
          <div role="status">
            <h1 class="soft starting">{t("wait.moment")}</h1>
          </div>
          {failed && (
            <button type="button" class="btn wide" onClick={() => void ready()}>
              {t("act.retry")}
            </button>
          )}
        </main>
      </div>
    );
  }
  return { Part, ready };
}
