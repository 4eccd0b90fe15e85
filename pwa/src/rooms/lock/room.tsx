/** This phone and who uses it: the number, when it locks, somebody new, taking a profile off. */
import { type Signal, useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import type { Client, Door, LockView } from "../../client";
import { Icon } from "../../ui/icon";
import { Page } from "../../ui/page";
import { Banner } from "../../ui/parts";
import { Portrait, pictureName } from "../../ui/portrait";
import { back } from "../../ui/route";
import { t } from "../../words";
import { NewPin } from "./new-pin";
import { PinPad } from "./pad";
import { useRefusal } from "./refusal";
import { WipeQuestion } from "./wipe";

export type Step = "home" | "old" | "new" | "take" | "phone" | "someone" | "wipe";

export interface LockRoomProps {
  readonly door: Door;
  readonly client: Client;
  readonly onOpen: (client: Client) => void;
  /** Where to begin; for the gallery. */
  readonly begin?: Step;
}

export function LockRoom({ door, client, onOpen, begin = "home" }: LockRoomProps) {
  const view = useSignal<LockView | null | undefined>(undefined);
  const step = useSignal<Step>(begin);
  const look = async () => {
    view.value = (await (await door.locks()).view(client.profile.id)) ?? null;
  };
  useEffect(() => void look().catch(() => undefined), []);
  const home = () => {
    step.value = "home";
  };
  if (step.value === "someone") return <SomeoneNew onBack={home} />;
  if (step.value === "wipe") {
    const { unsent } = client.sync.value;
    // Closing what is open is noticed by the app itself.
    const gone = () => undefined;
    return (
      <WipeQuestion
        door={door}
        profile={client.profile}
        unsent={unsent}
        onNo={home}
        onGone={gone}
      />
    );
  }
  if (step.value !== "home") {
    return (
      <Ask door={door} client={client} view={view.value ?? undefined} step={step} onOpen={onOpen} />
    );
  }
  return <Home door={door} client={client} view={view} step={step} look={look} />;
}

interface HomeProps {
  readonly door: Door;
  readonly client: Client;
  readonly view: Signal<LockView | null | undefined>;
  readonly step: Signal<Step>;
  readonly look: () => Promise<void>;
}

function Home({ door, client, view, step, look }: HomeProps) {
  const phoneCan = useSignal(false);
  useEffect(() => {
    const ask = async () => {
      phoneCan.value = await (await door.locks()).phoneCan();
    };
    ask().catch(() => undefined);
  }, []);
  const { id, picture } = client.profile;
  const lock = view.value;
  const name = pictureName(picture);
  const to = (next: Step) => () => {
    step.value = next;
  };
  return (
    <Page key="lock" canGoBack title={t("lock.title")} testid="lock">
      <div class="whose">
        <Portrait picture={picture} />
        <h1>{lock ? t("lock.is", { picture: name }) : t("lock.none")}</h1>
        <p>{lock ? t("lock.isBody") : t("lock.noneBody", { picture: name })}</p>
      </div>
      {lock === null && (
        <button type="button" class="btn main-act" data-testid="lock-put" onClick={to("new")}>
          <Icon name="lock" />
          {t("lock.put")}
        </button>
      )}
      {lock && (
        <>
          <Timing door={door} id={id} lock={lock} look={look} />
          <button type="button" class="btn wide" data-testid="lock-change" onClick={to("old")}>
            {t("lock.change")}
          </button>
          {(phoneCan.value || lock.byPhone) && (
            <button type="button" class="btn wide" data-testid="lock-phone" onClick={to("phone")}>
              {t(lock.byPhone ? "lock.phoneNo" : "lock.phoneYes")}
            </button>
          )}
          {!lock.needed && (
            <button type="button" class="btn wide" data-testid="lock-take" onClick={to("take")}>
              {t("lock.take")}
            </button>
          )}
        </>
      )}
      <button
        type="button"
        class="btn wide push"
        data-testid="lock-someone"
        onClick={to("someone")}
      >
        <Icon name="plus" />
        {t("lock.someone")}
      </button>
      <button type="button" class="btn off wide" data-testid="lock-wipe" onClick={to("wipe")}>
        {t("lock.wipe", { picture: name })}
      </button>
    </Page>
  );
}

interface TimingProps {
  readonly door: Door;
  readonly id: string;
  readonly lock: LockView;
  readonly look: () => Promise<void>;
}

function Timing({ door, id, lock, look }: TimingProps) {
  const set = async (timing: Pick<LockView, "idleS" | "whenHidden">) => {
    await (await door.locks()).setTiming(id, timing);
    await look();
  };
  const { idleS, whenHidden } = lock;
  return (
    <div class="card stack">
      <Choice label={t("lock.idle")}>
        {[1, 2, 5, 15].map((minutes) => (
          <button
            type="button"
            class="btn"
            data-testid={`idle-${minutes}`}
            aria-pressed={idleS === minutes * 60}
            onClick={() => void set({ idleS: minutes * 60, whenHidden })}
          >
            {t("lock.minutes", { n: minutes })}
          </button>
        ))}
      </Choice>
      <Choice label={t("lock.hidden")}>
        {[true, false].map((wanted) => (
          <button
            type="button"
            class="btn"
            data-testid={`hidden-${wanted}`}
            aria-pressed={whenHidden === wanted}
            onClick={() => void set({ idleS, whenHidden: wanted })}
          >
            {t(wanted ? "lock.yes" : "lock.no")}
          </button>
        ))}
      </Choice>
    </div>
  );
}

function Choice({ label, children }: { label: string; children: ComponentChildren }) {
  return (
    <div class="stack">
      <p class="strong">{label}</p>
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset can not be a flex box everywhere */}
      <div class="pick" role="group" aria-label={label}>
        {children}
      </div>
    </div>
  );
}

interface AskProps {
  readonly door: Door;
  readonly client: Client;
  readonly view: LockView | undefined;
  readonly step: Signal<Step>;
  readonly onOpen: (client: Client) => void;
}

/** Asks for the numbers that an act needs, then does it. */
function Ask({ door, client, view, step, onOpen }: AskProps) {
  const { id } = client.profile;
  const old = useSignal<string | undefined>(undefined);
  const phoneNot = useSignal(false);
  const busy = useSignal(false);
  const refusal = useRefusal(view?.waitS);
  const run = async (act: () => Promise<void>) => {
    busy.value = true;
    refusal.clear();
    await act().catch((error: unknown) => {
      // The phone's own refusals have names of their own.
      phoneNot.value = step.peek() === "phone" && (error as Error).name !== "PinRefused";
      old.value = undefined;
      if (view) step.value = step.peek() === "new" ? "old" : step.peek();
      if (!phoneNot.peek()) refusal.tell(error);
    });
    busy.value = false;
  };
  const put = (pin: string) =>
    void run(async () => onOpen(await (await door.locks()).put(id, pin, old.peek())));
  const withOld = (pin: string) => {
    if (step.peek() === "old") {
      old.value = pin;
      step.value = "new";
    } else if (step.peek() === "take") {
      void run(async () => onOpen(await (await door.locks()).take(id, pin)));
    } else {
      void run(async () => {
        await (await door.locks()).setByPhone(id, pin, view?.byPhone !== true);
        back();
      });
    }
  };
  const isNew = step.value === "new";
  const words = phoneNot.value ? t("lock.phoneFailed") : refusal.words;
  return (
    <Page key={step.value} title={t("lock.title")} testid={`lock-${step.value}`}>
      <h1>{t(isNew ? "lock.put" : titleOf(step.value, view))}</h1>
      <div role="alert" data-testid="pin-refused">
        {words && (
          <Banner icon="alert" tone="warn">
            <p>{words}</p>
          </Banner>
        )}
      </div>
      {busy.value && <p role="status">{t("wait.moment")}</p>}
      {!busy.value && isNew && <NewPin onDone={put} />}
      {!busy.value && !isNew && view && (
        <PinPad
          label={t(step.value === "old" ? "lock.old" : "lock.now")}
          digits={view.digits}
          still={refusal.waitS.value > 0}
          onDone={withOld}
        />
      )}
      <button
        type="button"
        class="btn plain wide push"
        data-testid="lock-back"
        onClick={() => {
          step.value = "home";
        }}
      >
        {t("act.back")}
      </button>
    </Page>
  );
}

function titleOf(step: Step, view: LockView | undefined) {
  if (step === "take") return "lock.take";
  if (step === "phone") return view?.byPhone ? "lock.phoneNo" : "lock.phoneYes";
  return "lock.change";
}

/** Somebody new comes by a link of their own. */
export function SomeoneNew({ onBack }: { onBack: () => void }) {
  return (
    <Page
      key="someone"
      testid="someone"
      foot={
        <button type="button" class="btn main-act" data-testid="someone-back" onClick={onBack}>
          {t("act.back")}
        </button>
      }
    >
      <h1>{t("lock.someone")}</h1>
      <ul class="who">
        {["hill", "leaf", "river"].map((picture) => (
          <li class="whose">
            <Portrait picture={picture} />
          </li>
        ))}
      </ul>
      <p>{t("lock.someoneBody")}</p>
      <ol class="card stack">
        {(["lock.someoneHow", "lock.someoneTap", "lock.someonePin"] as const).map((id) => (
          <li class="say">{t(id)}</li>
        ))}
      </ol>
    </Page>
  );
}
