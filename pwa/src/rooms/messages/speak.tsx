/**
 * Speaking: one tap begins, one tap sends. Who wants to hear it before stops first; what was said is
 * kept nowhere until it is sent.
 */
import { type Signal, useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import type { Care } from "../../client";
import { type Recording, SECONDS_MAX } from "../../media";
import { Icon } from "../../ui/icon";
import { Banner } from "../../ui/parts";
import { type Playing, sound, type Take } from "../../ui/sound-of-voice";
import { t } from "../../words";

/** What the speaker is at. */
export type Speaking =
  | { readonly at: "rest"; readonly trouble?: "mic" | "save" }
  | { readonly at: "opening" }
  | { readonly at: "speaking"; readonly take: Take; readonly seconds: number }
  | { readonly at: "said"; readonly recording: Recording }
  | { readonly at: "saving"; readonly recording: Recording };

interface SpeakerProps {
  readonly care: Care;
  /** Undefined while voices can not be kept here. */
  readonly send: ((recording: Recording) => Promise<unknown>) | undefined;
  readonly state: Signal<Speaking>;
  /** What stands beside the button while nobody speaks. */
  readonly children?: ComponentChildren;
}

/** The foot of a room in which one may speak. */
export function Speaker({ care, send, state, children }: SpeakerProps) {
  const now = state.value;
  const keep = async (recording: Recording) => {
    if (send === undefined || state.peek().at === "saving") return;
    state.value = { at: "saving", recording };
    try {
      await send(recording);
      state.value = { at: "rest" };
    } catch {
      state.value = { at: "rest", trouble: "save" };
    }
  };
  if (now.at === "speaking") return <Counting state={state} take={now.take} keep={keep} />;
  if (now.at === "said" || now.at === "saving") {
    return <Check state={state} recording={now.recording} keep={keep} />;
  }
  return (
    <>
      <Trouble trouble={now.at === "rest" ? now.trouble : undefined} />
      <SpeakButton care={care} isReady={send !== undefined} state={state} />
      {children}
    </>
  );
}

function Trouble({ trouble }: { trouble: "mic" | "save" | undefined }) {
  return (
    <div role="alert">
      {trouble && (
        <Banner icon="alert" tone={trouble === "save" ? "bad" : "warn"} testid={`speak-${trouble}`}>
          <p>{t(trouble === "save" ? "log.failed" : "msg.noMic")}</p>
        </Banner>
      )}
    </div>
  );
}

function SpeakButton({
  care,
  isReady,
  state,
}: Pick<SpeakerProps, "care" | "state"> & { isReady: boolean }) {
  if (care.isOut.value) return null;
  // Not offered where it can not be done; the reason stands in its place.
  if (care.awaited.value) return <p class="soft small">{t("msg.awaited")}</p>;
  if (!sound.canRecord()) {
    return (
      <p class="soft small" data-testid="no-voice">
        {t("msg.noVoice")}
      </p>
    );
  }
  const begin = async () => {
    if (state.peek().at === "opening" || !isReady) return;
    state.value = { at: "opening" };
    try {
      state.value = { at: "speaking", take: await sound.record(), seconds: 0 };
    } catch {
      state.value = { at: "rest", trouble: "mic" };
    }
  };
  return (
    <button
      type="button"
      class="btn main-act"
      data-testid="speak"
      aria-disabled={!isReady}
      onClick={() => void begin()}
    >
      <Icon name="mic" />
      {t("msg.speak")}
    </button>
  );
}

interface CountingProps {
  readonly state: Signal<Speaking>;
  readonly take: Take;
  readonly keep: (recording: Recording) => Promise<void>;
}

/** While somebody speaks: the count, and the three ways on. */
function Counting({ state, take, keep }: CountingProps) {
  const seconds = useSignal(0);
  const end = async (isSent: boolean) => {
    if (state.peek().at !== "speaking") return;
    state.value = { at: "opening" };
    const recording = await take.end();
    if (isSent) {
      state.value = { at: "said", recording };
      await keep(recording);
    } else state.value = { at: "said", recording };
  };
  useEffect(() => {
    const timer = setInterval(() => {
      seconds.value += 1;
      if (seconds.value >= SECONDS_MAX) void end(false);
    }, 1000);
    return () => {
      clearInterval(timer);
      if (state.peek().at === "speaking") take.drop();
    };
  }, []);
  const label = t("msg.count", { s: seconds.value, all: SECONDS_MAX });
  return (
    <section class="card speaking" aria-label={t("msg.recording")} data-testid="speaking">
      <p class="strong">{t("msg.recording")}</p>
      <progress max={SECONDS_MAX} value={seconds.value} aria-label={label} />
      <p class="num" data-testid="speak-count">
        {label}
      </p>
      <div class="two-btn">
        <button type="button" class="btn" data-testid="speak-stop" onClick={() => void end(false)}>
          <Icon name="pause" />
          {t("msg.stop")}
        </button>
        <DropButton
          drop={() => {
            take.drop();
            state.value = { at: "rest" };
          }}
        />
      </div>
      <button
        type="button"
        class="btn main-act"
        data-testid="speak-send"
        onClick={() => void end(true)}
      >
        <Icon name="check" />
        {t("msg.send")}
      </button>
    </section>
  );
}

function DropButton({ drop }: { drop: () => void }) {
  return (
    <button type="button" class="btn" data-testid="speak-drop" onClick={drop}>
      <Icon name="close" />
      {t("msg.discard")}
    </button>
  );
}

interface CheckProps {
  readonly state: Signal<Speaking>;
  readonly recording: Recording;
  readonly keep: (recording: Recording) => Promise<void>;
}

/** What was said, to be heard before it goes. */
function Check({ state, recording, keep }: CheckProps) {
  const playing = useSignal<Playing | undefined>(undefined);
  useEffect(() => () => playing.peek()?.stop(), []);
  const hear = async () => {
    if (playing.peek()) {
      playing.peek()?.stop();
      return;
    }
    try {
      const now = await sound.play(recording);
      playing.value = now;
      await now.over;
    } catch {
      // It can be sent all the same.
    }
    playing.value = undefined;
  };
  return (
    <section class="card speaking" aria-label={t("msg.check")} data-testid="spoken">
      <p class="strong">{t("msg.check")}</p>
      <p class="num soft">{t("msg.seconds", { n: Math.ceil(recording.seconds) })}</p>
      <div class="two-btn">
        <button type="button" class="btn" data-testid="speak-hear" onClick={() => void hear()}>
          <Icon name={playing.value ? "pause" : "play"} />
          {t(playing.value ? "msg.quiet" : "msg.play")}
        </button>
        <DropButton
          drop={() => {
            state.value = { at: "rest" };
          }}
        />
      </div>
      <button
        type="button"
        class="btn main-act"
        data-testid="speak-send"
        aria-disabled={state.value.at === "saving"}
        onClick={() => void keep(recording)}
      >
        <Icon name="check" />
        {t("msg.send")}
      </button>
    </section>
  );
}
