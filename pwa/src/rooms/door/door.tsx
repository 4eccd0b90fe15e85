/** The way in: a link that was opened, the profiles of this phone, or what to do without a link. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Asking, Client, Door as DoorPort, LinkView, ProfileView } from "../../client";
import { keepPart } from "../../client/offline";
import { Empty } from "../../ui/empty";
import { LazyFigure } from "../../ui/figure/lazy";
import { Icon } from "../../ui/icon";
import { LanguageRow } from "../../ui/language-row";
import { later } from "../../ui/later";
import { Page } from "../../ui/page";
import { Portrait, pictureName } from "../../ui/portrait";
import { moreWords, t } from "../../words";
import type { OnStuck } from "./join";

/** Needed with a link that leads somewhere, see `main.tsx`. */
const join = later(async () => (await import("./join")).Join);
// A link may lead nowhere without a network, too.
const broken = later(async () => (await import("./broken")).Broken);
/** Needed by those who only have a link that was sent. */
const ask = later(async () => (await import("./ask")).Ask);
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
  readonly door: DoorPort;
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
      return <card.Part {...{ door, onOpen, onStuck }} onBack={onLeave} />;
    case "beside":
      return <beside.Part {...{ door, onOpen }} onBack={onLeave} />;
    case "asking":
      return <ask.Part asking={state.asking} onOpen={onOpen} />;
    case "someone":
      return <someone.Part onBack={onLeave} />;
    case "link": {
      const { view, fragment, profiles } = state;
      if (view.kind === "setup") return <setup.Part {...{ door, fragment, onOpen, onStuck }} />;
      if (view.kind === "join") {
        return <join.Part {...{ door, fragment, view, profiles, onOpen, onStuck, onLeave }} />;
      }
      return (
        <broken.Part
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
