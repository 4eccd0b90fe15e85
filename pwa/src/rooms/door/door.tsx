/** The way in: a link that was opened, the profiles of this phone, or what to do without a link. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Asking, Client, Door as DoorPort, LinkView, ProfileView } from "../../client";
import { keepPart } from "../../client/offline";
import { LazyFigure } from "../../ui/figure/lazy";
import { Icon } from "../../ui/icon";
import { LanguageRow } from "../../ui/language-row";
import { later } from "../../ui/later";
import { Page } from "../../ui/page";
import { Empty } from "../../ui/parts";
import { Portrait, pictureName } from "../../ui/portrait";
import { moreWords, t } from "../../words";
import { ask, Join, type OnStuck } from "./join";

/** Needed once in the life of a clinic. */
const setup = later(async () => (await import("./setup")).Setup);
const locked = later(async () => (await import("../lock")).Locked);
const keys = later(async () => (await import("../lock")).KeysNeeded);
const card = later(async () => {
  await moreWords();
  return (await import("./card")).EnterByCard;
});
const beside = later(async () => {
  await moreWords();
  return (await import("./beside")).BesideAnother;
});
const someone = later(async () => (await import("../lock")).SomeoneNew);

export type DoorState =
  | { readonly at: "starting" }
  | { readonly at: "failed"; readonly retry: () => void }
  | { readonly at: "chooser"; readonly profiles: readonly ProfileView[] }
  /** `then` goes on with what the profile was unlocked for. */
  | {
      readonly at: "locked";
      readonly profile: ProfileView;
      readonly several: boolean;
      readonly then?: () => Promise<Client>;
    }
  | {
      readonly at: "keys";
      readonly why: "opaque" | "none";
      readonly again: (pin: string) => Promise<Client>;
    }
  | { readonly at: "someone" }
  | { readonly at: "card" }
  | { readonly at: "beside" }
  | { readonly at: "asking"; readonly asking: Asking }
  | {
      readonly at: "link";
      readonly view: LinkView;
      readonly fragment: string;
      readonly profiles: readonly ProfileView[];
    };

interface DoorProps {
  readonly door: DoorPort | undefined;
  readonly state: DoorState;
  readonly onOpen: (client: Client) => void;
  /** Opens a profile of this phone. */
  readonly onProfile: (id: string) => void;
  /** Looks at the link again. */
  readonly onRetry: () => void;
  /** Goes on without the link. */
  readonly onLeave: () => void;
  readonly onSomeone: () => void;
  /** Goes on with a printed card. */
  readonly onCard: () => void;
  /** Goes on beside another phone. */
  readonly onBeside: () => void;
  readonly onStuck: OnStuck;
}

export function DoorRoom(props: DoorProps) {
  const { door, state, onOpen, onProfile, onRetry, onLeave, onSomeone, onStuck } = props;
  switch (state.at) {
    case "starting":
      return <Starting />;
    case "failed":
      return <Failed retry={state.retry} />;
    case "chooser":
      return state.profiles.length > 0 ? (
        <Chooser profiles={state.profiles} onPick={onProfile} onSomeone={onSomeone} />
      ) : (
        <NoLink {...props} />
      );
    case "locked": {
      const { profile, several, then } = state;
      if (!door) return <Starting />;
      return (
        <locked.Part
          key={profile.id}
          door={door}
          profile={profile}
          then={then}
          onOpen={onOpen}
          onLeave={several ? onLeave : undefined}
          onGone={onLeave}
        />
      );
    }
    case "keys":
      return <keys.Part why={state.why} again={state.again} onOpen={onOpen} />;
    case "card":
      if (!door) return <Starting />;
      return <card.Part {...{ door, onOpen, onStuck }} onBack={onLeave} />;
    case "beside":
      if (!door) return <Starting />;
      return <beside.Part {...{ door, onOpen }} onBack={onLeave} />;
    case "asking":
      return <ask.Part asking={state.asking} onOpen={onOpen} />;
    case "someone":
      return <someone.Part onBack={onLeave} />;
    case "link": {
      const { view, fragment, profiles } = state;
      if (!door) return <Starting />;
      if (view.kind === "setup") return <setup.Part {...{ door, fragment, onOpen, onStuck }} />;
      if (view.kind === "join") {
        return <Join {...{ door, fragment, view, profiles, onOpen, onStuck, onLeave }} />;
      }
      return (
        <Broken
          why={view.why}
          hasRoutine={profiles.length > 0}
          onRetry={onRetry}
          onLeave={onLeave}
        />
      );
    }
  }
}

function Starting() {
  return (
    <div class="page" data-testid="starting">
      <main class="main" aria-busy="true">
        <div class="mid" role="status">
          <h1 class="soft starting">{t("wait.moment")}</h1>
        </div>
      </main>
    </div>
  );
}

const unopened = later(async () => (await import("../record/unopened")).unopened());

function Failed({ retry }: { retry: () => void }) {
  const isShown = useSignal(false);
  const show = (wanted: boolean) => () => {
    isShown.value = wanted;
  };
  if (isShown.value) return <unopened.Part onBack={show(false)} />;
  return (
    <Page
      testid="door-failed"
      foot={
        <>
          <button type="button" class="btn main-act" onClick={retry}>
            {t("act.retry")}
          </button>
          <button type="button" class="btn wide" data-testid="door-without" onClick={show(true)}>
            {t("door.without")}
          </button>
        </>
      }
    >
      <h1>{t("door.broken")}</h1>
      <p>{t("door.brokenBody")}</p>
    </Page>
  );
}

function NoLink({ onCard, onBeside }: Pick<DoorProps, "onCard" | "onBeside">) {
  // Where it is needed there is no network.
  useEffect(() => keepPart("members"), []);
  return (
    <Page
      help={false}
      testid="door-none"
      foot={
        <>
          <button type="button" class="btn wide" data-testid="door-beside" onClick={onBeside}>
            {t("door.beside")}
          </button>
          <button type="button" class="btn wide" data-testid="door-card" onClick={onCard}>
            {t("door.card")}
          </button>
        </>
      }
    >
      <h1>{t("door.none")}</h1>
      <div class="strip">
        {["kn05", "bk04", "sh07", "ba02"].map((exercise) => (
          <div class="thumb">
            <LazyFigure exercise={exercise} side="right" pose={0.6} />
          </div>
        ))}
      </div>
      <Empty icon="qr" title={t("door.noneBody")}>
        <p class="soft">{t("door.noneHow")}</p>
      </Empty>
      <p class="soft small push">{t("door.noneClinic")}</p>
      <LanguageRow />
    </Page>
  );
}

interface ChooserProps {
  readonly profiles: readonly ProfileView[];
  readonly onPick: (id: string) => void;
  readonly onSomeone: () => void;
}

function Chooser({ profiles, onPick, onSomeone }: ChooserProps) {
  return (
    <Page
      testid="door-who"
      foot={
        <button type="button" class="btn wide" data-testid="door-someone" onClick={onSomeone}>
          <Icon name="plus" />
          {t("door.someone")}
        </button>
      }
    >
      <h1>{t("door.who")}</h1>
      <ul class="who mid">
        {profiles.map((profile) => (
          <li>
            <button
              type="button"
              data-testid={`profile-${profile.picture}`}
              onClick={() => onPick(profile.id)}
            >
              <Portrait picture={profile.picture} />
              <span aria-hidden={profile.locked}>{pictureName(profile.picture)}</span>
              {profile.locked && <Icon name="lock" size="s" />}
              {profile.locked && (
                <span class="vh">
                  {t("door.locked", { picture: pictureName(profile.picture) })}
                </span>
              )}
            </button>
          </li>
        ))}
      </ul>
    </Page>
  );
}

type Why = Extract<LinkView, { kind: "broken" }>["why"];

interface BrokenProps {
  readonly why: Why;
  readonly hasRoutine: boolean;
  readonly onRetry: () => void;
  readonly onLeave: () => void;
}

function Broken({ why, hasRoutine, onRetry, onLeave }: BrokenProps) {
  return (
    <Page
      help={false}
      testid={`link-${why}`}
      foot={
        <>
          {why === "offline" && (
            <button type="button" class="btn main-act" data-testid="link-retry" onClick={onRetry}>
              {t("act.retry")}
            </button>
          )}
          <button type="button" class="btn wide" data-testid="link-leave" onClick={onLeave}>
            {t(hasRoutine ? "door.toRoutine" : "door.otherWays")}
          </button>
        </>
      }
    >
      <div class="empty mid" role="status">
        <Icon name={why === "offline" ? "nonet" : "qr"} />
        <h1>{t(`door.${why}`)}</h1>
        <p class="soft">{t(`door.${why}Body`)}</p>
      </div>
    </Page>
  );
}
