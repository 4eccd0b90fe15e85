/** Files of other phones: taken in by a file or by the camera, and what became of them. */
import { useSignal } from "@preact/signals";
import { useRef, useState } from "preact/hooks";
import type { Bytes } from "../../circle/encoding";
import { CircleError } from "../../circle/errors";
import { Collector, type Progress } from "../../exchange/moving";
import type { Brought } from "../../sending";
import { Empty } from "../../ui/empty";
import { Icon } from "../../ui/icon";
import { Page } from "../../ui/page";
import { Camera } from "../../ui/scan";
import { say } from "../../ui/toast";
import { t, type WordId } from "../../words";
import { sayMoment } from "../../words/dates";
import type { SendingProps } from "./index";
import { Failed, sayBytes } from "./parts";

/** Between two looks at a moving picture: shorter than each of its codes is shown. */
const LOOK_MS = 80;

const REFUSALS: ReadonlySet<string> = new Set(["schema", "frame", "target", "limit"]);

export function Bring({ client, sending }: SendingProps) {
  const isLooking = useSignal(false);
  const failed = useSignal<WordId | "">("");
  const take = async (data: Bytes) => {
    failed.value = "";
    try {
      await sending.take(data);
      say(t("bring.taken"));
    } catch (error) {
      failed.value = wordsOf(error);
    }
  };
  if (isLooking.value) {
    return (
      <Look
        onFile={(file) => {
          isLooking.value = false;
          void take(file);
        }}
        onStop={(words) => {
          isLooking.value = false;
          failed.value = words;
        }}
      />
    );
  }
  const brought = sending.brought.value;
  return (
    <Page canGoBack testid="bring">
      <h1>{t("sending.bring")}</h1>
      <p>{t("bring.body")}</p>
      <button
        type="button"
        class="btn wide big-ans"
        data-testid="bring-camera"
        onClick={() => {
          failed.value = "";
          isLooking.value = true;
        }}
      >
        <Icon name="qr" />
        {t("bring.camera")}
      </button>
      <FileChoice onFile={(data) => void take(data)} />
      <Failed words={failed.value} />
      {brought.length === 0 ? (
        <Empty icon="phone" title={t("bring.none")} />
      ) : (
        <section class="card list">
          <h2 class="pad">{t("bring.list")}</h2>
          {brought.map((one) => (
            <One
              key={one.id}
              one={one}
              when={sayMoment(one.at, client.today.value)}
              onDrop={() => void sending.drop(one.id)}
            />
          ))}
        </section>
      )}
    </Page>
  );
}

function wordsOf(error: unknown): WordId {
  const code = error instanceof CircleError ? error.code : "";
  return REFUSALS.has(code) ? (`bring.${code}` as WordId) : "bring.full";
}

function FileChoice({ onFile }: { readonly onFile: (data: Bytes) => void }) {
  const input = useRef<HTMLInputElement>(null);
  const read = async () => {
    const [file] = input.current?.files ?? [];
    if (file === undefined) return;
    onFile(new Uint8Array(await file.arrayBuffer()));
    // So that the same file can be chosen once more.
    if (input.current) input.current.value = "";
  };
  return (
    <>
      <button
        type="button"
        class="btn wide big-ans"
        data-testid="bring-choose"
        onClick={() => input.current?.click()}
      >
        <Icon name="plus" />
        {t("bring.file")}
      </button>
      <input type="file" hidden ref={input} data-testid="bring-file" onChange={() => void read()} />
    </>
  );
}

interface LookProps {
  readonly onFile: (file: Bytes) => void;
  readonly onStop: (words: WordId | "") => void;
}

/** Takes what a camera reads, one picture after another; gives true when the file is whole. */
export function pictureTaker(
  onSeen: (seen: Progress) => void,
  onFile: (file: Bytes) => void,
): (text: string) => Promise<boolean> {
  const collector = new Collector();
  return async (text) => {
    try {
      const seen = collector.take(text);
      onSeen(seen);
      if (seen.file !== undefined) onFile(seen.file);
      return seen.file !== undefined;
    } catch (error) {
      if (!(error instanceof CircleError)) throw error;
      // Another code, or one that was misread: the next one may be better.
      return false;
    }
  };
}

/** Looks at a moving picture until all of it was seen. */
export function Look({ onFile, onStop }: LookProps) {
  const seen = useSignal<Progress>({ have: 0, count: 0 });
  const [take] = useState(() =>
    pictureTaker((found) => {
      seen.value = found;
    }, onFile),
  );
  const { have, count } = seen.value;
  const words = count === 0 ? t("bring.start") : t("bring.seen", { have, count });
  return (
    <Page
      testid="bring-look"
      foot={
        <button
          type="button"
          class="btn wide big-ans"
          data-testid="bring-stop"
          onClick={() => onStop("")}
        >
          {t("bring.stop")}
        </button>
      }
    >
      <h1>{t("bring.look")}</h1>
      <Camera
        label={t("bring.look")}
        take={take}
        everyMs={LOOK_MS}
        onFailed={() => onStop("bring.noCamera")}
      />
      <progress max={Math.max(1, count)} value={have} aria-label={words} />
      <p data-testid="bring-seen">{words}</p>
    </Page>
  );
}

const CHIPS = {
  here: ["phone", "place.phone"],
  there: ["server", "place.server"],
  refused: ["alert", "bring.refused"],
} as const;

interface OneProps {
  readonly one: Brought;
  readonly when: string;
  readonly onDrop: () => void;
}

function One({ one: { id, bytes, state }, when, onDrop }: OneProps) {
  const [icon, words] = CHIPS[state];
  const said = t("bring.when", { size: sayBytes(bytes), when });
  return (
    <div class="pad row wrap" data-testid="brought" data-state={state}>
      <div class="grow sending-row">
        <p>
          <span class={`chip ${state === "here" ? "phone" : state === "there" ? "server" : ""}`}>
            <Icon name={icon} size="s" />
            {t(words)}
          </span>
        </p>
        <p class="soft small">{said}</p>
        {state === "refused" && <p>{t("bring.refusedBody")}</p>}
      </div>
      {state !== "here" && (
        <button
          type="button"
          class="btn icon edge"
          data-testid={`drop-${id}`}
          aria-label={t("bring.drop")}
          onClick={onDrop}
        >
          <Icon name="close" />
        </button>
      )}
    </div>
  );
}
