/** Letting a phone in that has no network: its square code is looked at through the camera. */
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Place } from "../../members";
import { Page } from "../../ui/page";
import { Banner } from "../../ui/parts";
import { back } from "../../ui/route";
import { say } from "../../ui/toast";
import { t } from "../../words";
import type { MembersProps } from "./index";
import { type Looking, lookForCode } from "./look-for-code";

export function Scan({ members, place }: MembersProps & { readonly place: Place }) {
  const state = useSignal<"" | "none" | "busy" | "wrong" | "failed">("");
  const video = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    let looking: Looking | undefined;
    let isGone = false;
    const found = async (code: string) => {
      if (state.peek() === "busy") return;
      state.value = "busy";
      try {
        await members.admit(code, place);
        say(t("add.scanDone"));
        back();
      } catch (error) {
        state.value = (error as { name?: string }).name === "CircleError" ? "wrong" : "failed";
      }
    };
    const begin = async () => {
      if (video.current === null) return;
      looking = await lookForCode(video.current, (code) => void found(code));
      if (isGone) looking.stop();
    };
    begin().catch(() => {
      state.value = "none";
    });
    return () => {
      isGone = true;
      looking?.stop();
    };
  }, []);
  return (
    <Page canGoBack help={false} testid="scan">
      <h1>{t("add.scanNow")}</h1>
      <video class="camera" ref={video} playsInline muted hidden={state.value === "none"} />
      <div role="alert">
        {state.value === "none" && (
          <Banner icon="alert" tone="warn" testid="scan-none">
            <p>{t("add.scanNone")}</p>
          </Banner>
        )}
        {state.value === "wrong" && (
          <Banner icon="alert" tone="warn" testid="scan-wrong">
            <p>{t("add.scanWrong")}</p>
          </Banner>
        )}
        {state.value === "failed" && (
          <Banner icon="alert" tone="warn" testid="members-failed">
            <p>{t("members.failed")}</p>
          </Banner>
        )}
      </div>
    </Page>
  );
}
