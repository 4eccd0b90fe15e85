/** A locked profile at the door: its number, the phone's own lock, and what to do without either. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Client, Door, LockView, ProfileView } from "../../client";
import { Icon } from "../../ui/icon";
import { Page } from "../../ui/page";
import { Banner } from "../../ui/parts";
import { Portrait, pictureName } from "../../ui/portrait";
import { t } from "../../words";
import { PinPad } from "./pad";
import { useRefusal } from "./refusal";
import { WipeQuestion } from "./wipe";

interface LockedProps {
  readonly door: Door;
  readonly profile: ProfileView;
  /** What it was unlocked for, where that is more than to see it. */
  readonly then: (() => Promise<Client>) | undefined;
  readonly onOpen: (client: Client) => void;
  /** To the other people of this phone; undefined when there is nobody else. */
  readonly onLeave: (() => void) | undefined;
  /** After this profile is gone. */
  readonly onGone: () => void;
}

export function Locked({ door, profile, then, onOpen, onLeave, onGone }: LockedProps) {
  const at = useSignal<"pad" | "forgot" | "wipe">("pad");
  if (at.value === "wipe") {
    const no = () => {
      at.value = "forgot";
    };
    return <WipeQuestion door={door} profile={profile} onNo={no} onGone={onGone} />;
  }
  if (at.value === "forgot") {
    return (
      <Forgot
        picture={pictureName(profile.picture)}
        onBack={() => {
          at.value = "pad";
        }}
        onWipe={() => {
          at.value = "wipe";
        }}
      />
    );
  }
  const forgot = () => {
    at.value = "forgot";
  };
  return <Pad {...{ door, profile, then, onOpen, onLeave }} onForgot={forgot} />;
}

type PadDoorProps = Omit<LockedProps, "onGone"> & { readonly onForgot: () => void };

function Pad({ door, profile, then, onOpen, onLeave, onForgot }: PadDoorProps) {
  const view = useSignal<LockView | undefined>(undefined);
  const busy = useSignal(false);
  const phoneNot = useSignal(false);
  useEffect(() => {
    const look = async () => {
      view.value = await (await door.locks()).view(profile.id);
    };
    look().catch(() => undefined);
  }, [profile.id]);
  const refusal = useRefusal(view.value?.waitS);
  const run = async (open: () => Promise<Client>, failed: (error: unknown) => void) => {
    if (busy.peek()) return;
    busy.value = true;
    phoneNot.value = false;
    refusal.clear();
    try {
      const client = await open();
      onOpen(then ? await goOn(client, then) : client);
    } catch (error) {
      failed(error);
    }
    busy.value = false;
  };
  const tryPin = (pin: string) =>
    void run(async () => (await door.locks()).unlock(profile.id, pin), refusal.tell);
  const tryPhone = () =>
    void run(
      async () => (await door.locks()).unlockByPhone(profile.id),
      () => {
        phoneNot.value = true;
      },
    );
  const picture = pictureName(profile.picture);
  const words = phoneNot.value ? t("lock.byPhoneNot") : refusal.words;
  return (
    // The pad may be as high as a small screen: nothing lies over it.
    <Page testid="locked">
      <div class="whose">
        <Portrait picture={profile.picture} />
        <h1>{t("lock.locked", { picture })}</h1>
      </div>
      <div role="alert" data-testid="pin-refused">
        {words && (
          <Banner icon="alert" tone="warn">
            <p>{words}</p>
          </Banner>
        )}
      </div>
      <PinPad
        label={t("lock.yours", { picture })}
        still={busy.value || refusal.waitS.value > 0}
        {...(view.value && { digits: view.value.digits })}
        onDone={tryPin}
      />
      {view.value?.byPhone && (
        <button type="button" class="btn wide" data-testid="unlock-phone" onClick={tryPhone}>
          <Icon name="lock" />
          {t("lock.byPhone")}
        </button>
      )}
      {onLeave && (
        <button type="button" class="btn wide" data-testid="someone-else" onClick={onLeave}>
          {t("lock.else")}
        </button>
      )}
      <button type="button" class="btn plain wide" data-testid="pin-forgot" onClick={onForgot}>
        {t("lock.forgot")}
      </button>
    </Page>
  );
}

async function goOn(client: Client, then: () => Promise<Client>): Promise<Client> {
  try {
    return await then();
  } catch (error) {
    await client.close();
    throw error;
  }
}

interface ForgotProps {
  readonly picture: string;
  readonly onBack: () => void;
  readonly onWipe: () => void;
}

function Forgot({ picture, onBack, onWipe }: ForgotProps) {
  return (
    <Page
      key="forgot"
      testid="forgot"
      foot={
        <>
          <button type="button" class="btn main-act" data-testid="forgot-back" onClick={onBack}>
            {t("act.retry")}
          </button>
          <button type="button" class="btn off wide" data-testid="forgot-wipe" onClick={onWipe}>
            {t("lock.wipe", { picture })}
          </button>
        </>
      }
    >
      <h1>{t("lock.forgotTitle")}</h1>
      <p>{t("lock.forgotBody")}</p>
      <p>{t("lock.forgotHow")}</p>
      <p class="soft">{t("lock.forgotWait")}</p>
    </Page>
  );
}
