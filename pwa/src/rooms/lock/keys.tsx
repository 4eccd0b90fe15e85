/** A browser that keeps no keys by itself: a number that protects them, or a plain refusal. */
import { useSignal } from "@preact/signals";
import type { Client } from "../../client";
import { Icon } from "../../ui/icon";
import { Page } from "../../ui/page";
import { Banner } from "../../ui/parts";
import { t } from "../../words";
import { NewPin } from "./new-pin";

interface KeysProps {
  /** opaque: a number helps. none: nothing does. */
  readonly why: "opaque" | "none";
  /** Try again what needed keys, now with a number. */
  readonly again: (pin: string) => Promise<Client>;
  readonly onOpen: (client: Client) => void;
}

export function KeysNeeded({ why, again, onOpen }: KeysProps) {
  const state = useSignal<"" | "busy" | "failed" | "none">(why === "none" ? "none" : "");
  if (state.value === "none") return <NoKeys />;
  const run = async (pin: string) => {
    state.value = "busy";
    try {
      onOpen(await again(pin));
    } catch (error) {
      const { name, why: still } = error as { name?: string; why?: string };
      state.value = name === "KeyStoreError" && still === "none" ? "none" : "failed";
    }
  };
  return (
    <Page help={false} testid="keys-pin">
      <h1>{t("keys.pinTitle")}</h1>
      <p>{t("keys.pinBody")}</p>
      <p class="soft">{t("keys.pinKeep")}</p>
      <div role="alert">
        {state.value === "failed" && (
          <Banner icon="alert" tone="warn" testid="join-failed">
            <p>{t("door.joinFailed")}</p>
          </Banner>
        )}
      </div>
      {state.value === "busy" ? (
        <p role="status">{t("wait.moment")}</p>
      ) : (
        <NewPin onDone={(pin) => void run(pin)} />
      )}
    </Page>
  );
}

function NoKeys() {
  return (
    <Page help={false} testid="keys-none">
      <div class="empty mid" role="status">
        <Icon name="lock" />
        <h1>{t("keys.none")}</h1>
        <p>{t("keys.noneBody")}</p>
        <p>{t("keys.noneHow")}</p>
        <p class="soft">{t("keys.nonePrivate")}</p>
      </div>
    </Page>
  );
}
