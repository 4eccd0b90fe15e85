/** Taking a profile off this phone: what goes, what stays, asked once. */
import { useSignal } from "@preact/signals";
import type { Door, ProfileView } from "../../client";
import { Icon } from "../../ui/icon";
import type { IconName } from "../../ui/icons";
import { Page } from "../../ui/page";
import { Banner } from "../../ui/parts";
import { pictureName } from "../../ui/portrait";
import { t } from "../../words";

interface WipeProps {
  readonly door: Door;
  readonly profile: ProfileView;
  /** Records that are only here; undefined where it is locked and nobody knows. */
  readonly unsent?: number;
  readonly onNo: () => void;
  readonly onGone: () => void;
}

export function WipeQuestion({ door, profile, unsent, onNo, onGone }: WipeProps) {
  const state = useSignal<"" | "busy" | "failed">("");
  const wipe = async () => {
    if (state.peek() === "busy") return;
    state.value = "busy";
    try {
      await (await door.locks()).wipe(profile.id);
      onGone();
    } catch {
      state.value = "failed";
    }
  };
  const picture = pictureName(profile.picture);
  const lost = unsent === undefined ? t("lock.wipeMay") : t("lock.wipeLost", { n: unsent });
  return (
    <Page
      key="wipe"
      testid="wipe"
      foot={
        <>
          <button type="button" class="btn main-act" data-testid="wipe-no" onClick={onNo}>
            {t("lock.wipeNo")}
          </button>
          <button
            type="button"
            class="btn off wide"
            data-testid="wipe-yes"
            aria-disabled={state.value === "busy"}
            onClick={() => void wipe()}
          >
            {t(state.value === "busy" ? "wait.moment" : "lock.wipeYes")}
          </button>
        </>
      }
    >
      <h1>{t("lock.wipeTitle", { picture })}</h1>
      <ul class="card stack">
        <Fact icon="close" words={t("lock.wipeAll", { picture })} />
        <Fact icon="server" words={t("lock.wipeStay")} />
        <Fact icon="qr" words={t("lock.wipeBack")} />
      </ul>
      {unsent !== 0 && (
        <Banner icon="alert" tone="warn" testid="wipe-lost">
          <p>{lost}</p>
        </Banner>
      )}
      <div role="alert">
        {state.value === "failed" && (
          <Banner icon="alert" tone="bad" testid="wipe-failed">
            <p>{t("lock.wipeFailed")}</p>
          </Banner>
        )}
      </div>
    </Page>
  );
}

function Fact({ icon, words }: { icon: IconName; words: string }) {
  return (
    <li class="row">
      <Icon name={icon} />
      <span class="grow say">{words}</span>
    </li>
  );
}
