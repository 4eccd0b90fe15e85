/**
 * Square codes in the camera's picture: by the browser's own detector where it has one.
 *
 * The picture never leaves the page.
 */

/** Pause between two looks at the picture. */
const LOOK_MS = 250;

interface Detector {
  detect(source: HTMLVideoElement): Promise<readonly { readonly rawValue: string }[]>;
}
type DetectorClass = new (options: { formats: readonly string[] }) => Detector;

/** A camera that is looked through. */
export interface Looking {
  stop(): void;
}

/**
 * Show the camera in `video` and call `found` with the text of each code that is seen.
 *
 * @throws Error There is no camera, it may not be used, or this browser reads no codes.
 */
export async function lookForCode(
  video: HTMLVideoElement,
  found: (code: string) => void,
): Promise<Looking> {
  const { BarcodeDetector } = globalThis as { readonly BarcodeDetector?: DetectorClass };
  if (BarcodeDetector === undefined) throw new Error("this browser reads no square codes");
  const detector = new BarcodeDetector({ formats: ["qr_code"] });
  const stream = await navigator.mediaDevices.getUserMedia({
    video: { facingMode: "environment" },
  });
  video.srcObject = stream;
  await video.play();
  let last = "";
  const timer = setInterval(() => {
    detector.detect(video).then(
      ([code]) => {
        if (code === undefined || code.rawValue === last) return;
        last = code.rawValue;
        found(code.rawValue);
      },
      () => undefined,
    );
  }, LOOK_MS);
  return {
    stop: () => {
      clearInterval(timer);
      for (const track of stream.getTracks()) track.stop();
    },
  };
}
