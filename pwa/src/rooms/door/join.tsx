/** An invitation: what it is, who reads what, one tap to join. */
import { useSignal } from "@preact/signals";
import type { Asking, Client, Door, LinkView, ProfileView } from "../../client";
import { LazyFigure } from "../../ui/figure/lazy";
import { Icon } from "../../ui/icon";
import type { IconName } from "../../ui/icons";
import { later } from "../../ui/later";
import { Page } from "../../ui/page";
import { Banner } from "../../ui/parts";
import { Portrait, pictureName } from "../../ui/portrait";
import { t, type WordId } from "../../words";

/** Needed by those who only have a link that was sent. */
export const ask = later(async () => (await import("./ask")).Ask);

interface JoinProps {
  readonly door: Door;
  readonly fragment: string;
  readonly view: Extract<LinkView, { kind: "join" }>;
  readonly profiles: readonly ProfileView[];
  readonly onOpen: (client: Client) => void;
  readonly onStuck: OnStuck;
  /** Goes on without the link, which stays good. */
  readonly onLeave: () => void;
}

/** Something about keys is in the way: says whether it is seen to, and how to go on then. */
export type OnStuck = (
  error: unknown,
  again: (pin?: string) => Promise<Client>,
  profileId?: string,
) => boolean;

export function Join(props: JoinProps) {
  const { door, fragment, view, profiles, onOpen, onStuck, onLeave } = props;
  const state = useSignal<"" | "busy" | "failed">("");
  const asking = useSignal<Asking | undefined>(undefined);
  const mustAsk = view.mode === "approve";
  const enter = async (profile?: string, pin?: string): Promise<Client> => {
    if (!mustAsk) return door.join(fragment, profile, pin);
    asking.value = await door.ask(fragment, profile, pin);
    return asking.value.opened;
  };
  const join = async (profile?: string) => {
    if (state.peek() === "busy") return;
    state.value = "busy";
    try {
      onOpen(await enter(profile));
    } catch (error) {
      const again = (pin?: string) => enter(profile, pin);
      state.value = onStuck(error, again, profile) ? "" : "failed";
    }
  };
  const patient = view.role === "patient";
  const fitting = profiles.filter(({ role }) => (role === "patient") === patient);
  const who = { busy: state.value === "busy", profiles: fitting, join, mustAsk };
  if (asking.value) return <ask.Part asking={asking.value} />;
  return (
    <Page
      help={false}
      testid="join"
      foot={
        <>
          <JoinButton {...who} />
          <button type="button" class="btn wide" data-testid="join-not" onClick={onLeave}>
            {t("door.joinNot")}
          </button>
        </>
      }
    >
      <div class="stack">
        <h1>{t(patient ? "door.join" : "door.joinWork")}</h1>
        <p>{t(patient ? "door.joinBody" : "door.joinWorkBody")}</p>
      </div>
      {patient && (
        <div class="strip">
          {["kn05", "bk04", "sh07", "ba02"].map((exercise) => (
            <div class="thumb">
              <LazyFigure exercise={exercise} side="right" pose={0.6} />
            </div>
          ))}
        </div>
      )}
      <ul class="card stack">
        <Point icon="seen" id={patient ? "door.joinSees" : "door.joinWorkSees"} />
        <Point icon="lock" id="door.joinHidden" />
        <Point icon="close" id="door.joinStop" />
      </ul>
      <WhoJoins {...who} />
      <div role="alert">
        {state.value === "failed" && (
          <Banner icon="alert" tone="warn" testid="join-failed">
            <p>{t("door.joinFailed")}</p>
          </Banner>
        )}
      </div>
    </Page>
  );
}

function Point({ icon, id }: { icon: IconName; id: WordId }) {
  return (
    <li class="row">
      <Icon name={icon} />
      <span class="grow say">{t(id)}</span>
    </li>
  );
}

interface WhoProps {
  readonly busy: boolean;
  readonly profiles: readonly ProfileView[];
  readonly join: (profile?: string) => Promise<void>;
  readonly mustAsk: boolean;
}

/** On a phone that somebody uses already, the question is who joins. */
function WhoJoins({ busy, profiles, join }: WhoProps) {
  if (profiles.length === 0) return null;
  return (
    <>
      <h2>{t("door.joinWho")}</h2>
      <ul class="who">
        {profiles.map(({ id, picture }) => (
          <li>
            <button
              type="button"
              data-testid={`join-as-${picture}`}
              aria-disabled={busy}
              onClick={() => void join(id)}
            >
              <Portrait picture={picture} />
              {t("door.joinMe", { picture: pictureName(picture) })}
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}

function JoinButton({ busy, profiles, join, mustAsk }: WhoProps) {
  const shared = profiles.length > 0;
  const yes = mustAsk ? "door.joinAsk" : "door.joinYes";
  const label = busy ? "wait.moment" : shared ? "door.joinNew" : yes;
  return (
    <button
      type="button"
      class="btn main-act"
      data-testid="join-accept"
      aria-disabled={busy}
      onClick={() => void join()}
    >
      <Icon name={shared ? "plus" : "check"} />
      {t(label)}
    </button>
  );
}
