/** What waits here, given to another phone: as a file, or as a picture that moves. */
import { type Signal, useSignal } from "@preact/signals";
import type { Bytes } from "../../circle/encoding";
import { CircleError } from "../../circle/errors";
import { PICTURE_BYTES_MAX, PICTURES_MAX } from "../../exchange/moving";
import { Empty } from "../../ui/empty";
import { giveFile } from "../../ui/give-file";
import { Icon } from "../../ui/icon";
import { Page } from "../../ui/page";
import { Banner } from "../../ui/parts";
import { say } from "../../ui/toast";
import { t, type WordId } from "../../words";
import type { SendingProps } from "./index";
import { Moving } from "./moving";
import { Failed } from "./parts";

type Step = { readonly at: "home" | "busy" } | { readonly at: "moving"; readonly file: Bytes };

export function Relay({ sending }: SendingProps) {
  const step = useSignal<Step>({ at: "home" });
  const failed = useSignal<WordId | "">("");
  const pack = async (then: (file: Bytes) => Promise<Step>) => {
    if (step.peek().at === "busy") return;
    step.value = { at: "busy" };
    failed.value = "";
    try {
      step.value = await then(await sending.pack("waiting"));
    } catch (error) {
      failed.value = wordsOf(error);
      step.value = { at: "home" };
    }
  };
  const give = async (file: Bytes): Promise<Step> => {
    if ((await giveFile(file)) !== "not") say(t("relay.given"));
    return { at: "home" };
  };
  const show = async (file: Bytes): Promise<Step> => {
    if (file.length <= PICTURES_MAX * PICTURE_BYTES_MAX) return { at: "moving", file };
    failed.value = "relay.pictureLarge";
    return { at: "home" };
  };
  const here = step.value;
  if (here.at === "moving") {
    return <Moving key="moving" file={here.file} onDone={() => home(step)} />;
  }
  const count = sending.waiting.value;
  return (
    <Page canGoBack testid="relay">
      <h1>{t("sending.relay")}</h1>
      {count === 0 ? (
        <Empty icon="server" title={t("relay.none")}>
          <p>{t("relay.noneBody")}</p>
        </Empty>
      ) : (
        <>
          <p class="strong" data-testid="relay-waits">
            {t("relay.waits", { n: count })}
          </p>
          <p>{t("relay.body")}</p>
          {sending.canSeal.value ? (
            <Ways
              isBusy={here.at === "busy"}
              onFile={() => void pack(give)}
              onPicture={() => void pack(show)}
            />
          ) : (
            <Banner icon="nonet" tone="warn" testid="relay-no-key">
              <p>{t("relay.noKey")}</p>
            </Banner>
          )}
          <Failed words={failed.value} />
          {sending.canSeal.value && (
            <Banner icon="phone">
              <p>{t("relay.stays")}</p>
            </Banner>
          )}
        </>
      )}
    </Page>
  );
}

function home(step: Signal<Step>): void {
  step.value = { at: "home" };
}

function wordsOf(error: unknown): WordId {
  return error instanceof CircleError && error.code === "limit"
    ? "relay.tooMuch"
    : "sending.failed";
}

interface WaysProps {
  readonly isBusy: boolean;
  readonly onFile: () => void;
  readonly onPicture: () => void;
}

function Ways({ isBusy, onFile, onPicture }: WaysProps) {
  const ways = [
    ["relay-picture", "qr", "relay.picture", "relay.pictureBody", onPicture],
    ["relay-file", "message", "relay.file", "relay.fileBody", onFile],
  ] as const;
  return ways.map(([testid, icon, title, body, act]) => (
    <button
      type="button"
      class="card row pad act-row"
      key={testid}
      data-testid={testid}
      aria-disabled={isBusy}
      onClick={act}
    >
      <Icon name={icon} />
      <span class="grow sending-row">
        <strong>{t(title)}</strong>
        <span class="soft small below">{t(isBusy ? "wait.moment" : body)}</span>
      </span>
      <Icon name="next" />
    </button>
  ));
}
