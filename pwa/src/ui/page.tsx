/** The frame of a patient's screen: bar, one thing, action at the thumb. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { t } from "../words";
import { forPatients } from "./for-patients";
import { hide } from "./hide";
import { Icon } from "./icon";
import { ListenButton } from "./listen";
import { back, go } from "./route";
import { hasToast, Toast } from "./toast";

interface BarProps {
  readonly title?: string;
  readonly canGoBack?: boolean;
  /** Left out where one is already inside help or not yet a patient; never there for staff. */
  readonly help?: boolean;
  /** In the place of help, where one is inside it. */
  readonly end?: ComponentChildren;
}

/** Top of every patient screen; help is always at its end. */
export function Bar({ title = "", canGoBack = false, help = true, end }: BarProps) {
  return (
    <header class="bar">
      {canGoBack && (
        <button class="btn icon" type="button" aria-label={t("act.back")} onClick={back}>
          <Icon name="back" />
        </button>
      )}
      <p class="grow">{title}</p>
      <ListenButton />
      <HideButton />
      {help && forPatients.value && (
        <button
          class="btn help"
          type="button"
          data-testid="help"
          onClick={() => go({ room: "wrong" })}
        >
          <Icon name="wrong" />
          <span>{t("act.help")}</span>
        </button>
      )}
      {end}
    </header>
  );
}

/** Out of sight in one tap, where there is something to hide behind. */
function HideButton() {
  const away = hide.value;
  if (!away) return null;
  return (
    <button
      class="btn icon"
      type="button"
      aria-label={t("act.hide")}
      data-testid="hide"
      onClick={away}
    >
      <Icon name="lock" />
    </button>
  );
}

interface PageProps extends BarProps {
  readonly children: ComponentChildren;
  /** Main action and its companions. */
  readonly foot?: ComponentChildren;
  readonly testid?: string;
  /** Two columns where the screen is as wide as a desk. */
  readonly isWide?: boolean;
}

/** One patient screen; `key` it by room so that focus moves to the new heading. */
export function Page({ children, foot, testid, isWide, ...bar }: PageProps) {
  const main = useNewPage();
  return (
    <div class={isWide ? "page wide" : "page"} data-testid={testid}>
      <Bar {...bar} />
      <main class="main" ref={main}>
        {children}
      </main>
      {(foot || hasToast()) && (
        <footer class="foot">
          <Toast />
          {foot}
        </footer>
      )}
    </div>
  );
}

let pages = 0;

/** On a new screen: scroll to the top and let the heading be read, but not on the first one. */
export function useNewPage() {
  const main = useRef<HTMLElement>(null);
  useEffect(() => {
    pages += 1;
    if (pages === 1) return;
    scrollTo(0, 0);
    const heading = main.current?.querySelector<HTMLElement>("h1");
    heading?.setAttribute("tabindex", "-1");
    heading?.focus({ preventScroll: true });
  }, []);
  return main;
}
