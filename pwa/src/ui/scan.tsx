/** Looks at a square code with the camera; its text can be pasted or typed as well. */
import "./styles/scan.css";
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { keepPart } from "../client/offline";
import { t } from "../words";
import { Field } from "./field";
import { Icon } from "./icon";
import { Banner } from "./parts";

/** Between two looks: a hand does not hold still for less. */
const LOOK_MS = 250;
/** Widest picture that is looked at, in pixels. */
const WIDTH_MAX = 1280;
/** Letters of the longest code: the keys of a phone that withstand a quantum computer. */
const TEXT_MAX = 4000;

interface Detector {
  detect(picture: ImageData): Promise<readonly { readonly rawValue: string }[]>;
}
type DetectorMaker = new (options: { formats: string[] }) => Detector;
type Read = (picture: ImageData) => Promise<string | undefined>;

/** The browser's own reader, else one that is fetched. */
async function reader(): Promise<Read> {
  const { BarcodeDetector } = globalThis as { BarcodeDetector?: DetectorMaker };
  try {
    if (BarcodeDetector !== undefined) {
      const own = new BarcodeDetector({ formats: ["qr_code"] });
      return async (picture) => (await own.detect(picture))[0]?.rawValue;
    }
  } catch {
    // It is there and does not know these codes.
  }
  keepPart("camera");
  const { readCode } = await import("./read-code");
  return async (picture) => readCode(picture);
}

interface ScanProps {
  /** Takes what was read; gives false where it is another code, and looking goes on. */
  readonly onText: (text: string) => Promise<boolean>;
  /** What is looked for, in words. */
  readonly label: string;
}

export function Scan({ onText, label }: ScanProps) {
  const typed = useSignal("");
  const camera = useSignal<"off" | "on" | "failed">("off");
  const wrong = useSignal(false);
  const take = async (text: string) => {
    const isRight = await onText(text);
    wrong.value = !isRight;
    return isRight;
  };
  return (
    <>
      {camera.value === "on" ? (
        <Camera
          label={label}
          take={take}
          onFailed={() => {
            camera.value = "failed";
          }}
        />
      ) : (
        <button
          type="button"
          class="btn wide"
          data-testid="scan-camera"
          onClick={() => {
            camera.value = "on";
          }}
        >
          <Icon name="qr" />
          {t("scan.camera")}
        </button>
      )}
      <div role="alert">
        {camera.value === "failed" && (
          <Banner icon="alert" tone="warn" testid="scan-failed">
            <p>{t("scan.failed")}</p>
          </Banner>
        )}
      </div>
      <form
        class="stack"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void take(typed.peek());
        }}
      >
        <Field
          id="scan-typed"
          label={t("scan.typed")}
          value={typed}
          max={TEXT_MAX}
          error={wrong.value ? t("scan.wrong") : ""}
          long
        />
        <button type="submit" class="btn wide" data-testid="scan-take">
          {t("scan.take")}
        </button>
      </form>
    </>
  );
}

interface CameraProps {
  readonly label: string;
  /** Takes what was read; looking goes on until it gives true. */
  readonly take: (text: string) => Promise<boolean>;
  readonly onFailed: () => void;
  /** Between two looks, in milliseconds. */
  readonly everyMs?: number;
}

export function Camera({ label, take, onFailed, everyMs = LOOK_MS }: CameraProps) {
  const video = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    const over = new AbortController();
    if (video.current) watch(video.current, take, everyMs, over.signal).catch(onFailed);
    return () => over.abort();
  }, []);
  return (
    <video class="scan" ref={video} aria-label={label} data-testid="scan-video" muted playsInline />
  );
}

/**
 * Look through the camera until something was taken, or it is over.
 *
 * @throws DOMException There is no camera, or it may not be used.
 */
async function watch(
  video: HTMLVideoElement,
  take: (text: string) => Promise<boolean>,
  everyMs: number,
  over: AbortSignal,
): Promise<void> {
  const wanted = { video: { facingMode: "environment" } };
  const [read, stream] = await Promise.all([reader(), navigator.mediaDevices.getUserMedia(wanted)]);
  const stop = () => {
    for (const track of stream.getTracks()) track.stop();
  };
  try {
    video.srcObject = stream;
    await video.play();
    while (!over.aborted) {
      const picture = pictureOf(video);
      const text = picture && (await read(picture));
      if (text && !over.aborted && (await take(text))) return;
      await new Promise((resolve) => setTimeout(resolve, everyMs));
    }
  } finally {
    stop();
  }
}

function pictureOf(video: HTMLVideoElement): ImageData | undefined {
  const { videoWidth, videoHeight } = video;
  if (videoWidth === 0) return undefined;
  const scale = Math.min(1, WIDTH_MAX / videoWidth);
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(videoWidth * scale);
  canvas.height = Math.round(videoHeight * scale);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context?.drawImage(video, 0, 0, canvas.width, canvas.height);
  return context?.getImageData(0, 0, canvas.width, canvas.height);
}
