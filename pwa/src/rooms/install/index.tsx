/**
 * Before one leaves the clinic: is everything on this phone? Read in the waiting room, while there is
 * a network.
 */
import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import type { Care, Client } from "../../client";
import { Icon } from "../../ui/icon";
import { installPrompt, isOnHomeScreen } from "../../ui/install";
import { Page } from "../../ui/page";
import { Banner } from "../../ui/parts";
import { go, goHome } from "../../ui/route";
import { Words } from "../../ui/words";
import { addWords, t, type WordId } from "../../words";
import { enInstall } from "../../words/en-install";
import { watchKept } from "./kept";

addWords(enInstall);

/** Source: the engine of every browser there; it keeps what is not on the home screen for a week. */
const isApple = () => /iPhone|iPad/.test(navigator.userAgent);

interface LineProps {
  readonly id: WordId;
  readonly has: boolean;
  /** One may leave without it. */
  readonly isSpare?: boolean;
}

function Line({ id, has, isSpare = false }: LineProps) {
  return (
    <li class="row pad" data-testid={id} data-state={has ? "there" : "not"}>
      <span class={`tick ${has ? "done" : ""}`}>{has && <Icon name="check" />}</span>
      <span class="grow">
        <strong>{t(id)}</strong>
        {!has && <span class="soft below">{t(isSpare ? "install.spare" : "install.waits")}</span>}
      </span>
    </li>
  );
}

/** The paper for a lost phone: there once it was tried. Here is somebody who can print it. */
function CardLine({ client }: { client: Client }) {
  const isTried = useSignal(false);
  useEffect(() => {
    client.card().then(
      ({ view }) => {
        isTried.value = view.peek().tried > 0;
      },
      () => undefined,
    );
  }, [client]);
  const has = isTried.value;
  return (
    <li>
      <button
        type="button"
        class="row pad link-row"
        data-testid="install-card"
        data-state={has ? "there" : "not"}
        onClick={() => go({ room: "paper" })}
      >
        <span class={`tick ${has ? "done" : ""}`}>{has && <Icon name="check" />}</span>
        <span class="grow">
          <strong>{t("today.card")}</strong>
          {!has && <span class="soft below">{t("install.spare")}</span>}
        </span>
        <Icon name="next" />
      </button>
    </li>
  );
}

export function InstallRoom({ client, care }: { client: Client; care: Care }) {
  const [kept, stop] = useMemo(watchKept, []);
  useEffect(() => stop, [stop]);
  const isHome = isOnHomeScreen();
  const hasPlan = care.plans.value.length > 0;
  const isKnown = client.sync.value.lastContact > 0 && !care.awaited.value;
  const isDone = hasPlan && kept.value && isKnown;
  return (
    <Page
      canGoBack
      testid="install"
      foot={
        <button type="button" class="btn main-act" data-testid="install-home" onClick={goHome}>
          {t("wrong.back")}
          <Icon name="next" />
        </button>
      }
    >
      <h1>{t("install.title")}</h1>
      <ul class="card list">
        <Line id="install.sent" has={isKnown} />
        <Line id="install.plan" has={hasPlan} />
        <Line id="install.kept" has={kept.value} />
        <Line id="install.home" has={isHome} isSpare={!isApple()} />
        <CardLine client={client} />
      </ul>
      <div role="status">
        <Banner icon={isDone ? "check" : "clock"} {...(isDone ? {} : { tone: "warn" as const })}>
          <p data-testid={isDone ? "install-done" : "install-wait"}>
            {t(isDone ? "install.allDone" : "install.notYet")}
          </p>
        </Banner>
      </div>
      {!isHome && <HowTo />}
    </Page>
  );
}

/** By the browser's own way where it has one, else in words. */
function HowTo() {
  const prompt = installPrompt.value;
  if (prompt) {
    return (
      <button
        type="button"
        class="btn wide big-ans"
        data-testid="install-add"
        onClick={() => void prompt.prompt().catch(() => undefined)}
      >
        <Icon name="plus" />
        {t("install.add")}
      </button>
    );
  }
  return (
    <section class="card" data-testid="install-how">
      <h2>{t("install.add")}</h2>
      <p>
        <Words id={isApple() ? "install.ios" : "install.android"} />
      </p>
      {isApple() && <p class="strong">{t("install.iosWhy")}</p>}
    </section>
  );
}
