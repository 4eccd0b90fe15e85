/**
 * The microphone and the loudspeaker of this phone.
 *
 * Speech is recorded as Opus with 12 kbit/s: 30 s are 45 kB. A browser that records nothing so small
 * is not asked to. Played is what was decoded: no file, no address, nothing that the page's policy
 * would have to allow.
 *
 * Source: W3C MediaStream Recording; RFC 6716 (Opus).
 */
import type { Recording } from "../media";

/** Bits of one second of speech. */
const BITS_S = 12_000;
/** Containers of Opus, the ones that most players read first. */
const KINDS = ["audio/webm;codecs=opus", "audio/ogg;codecs=opus", "audio/mp4;codecs=opus"] as const;

/** A recording that is under way. */
export interface Take {
  /** Ends it; resolves with what was said. */
  end(): Promise<Recording>;
  /** Ends it and forgets what was said. */
  drop(): void;
}

/** Something that is played. */
export interface Playing {
  /** Resolves when it is over, or was stopped. */
  readonly over: Promise<void>;
  stop(): void;
}

export interface Sound {
  /** Whether this browser records speech small enough. */
  canRecord(): boolean;
  /** Begins to record; rejects where the microphone is not to be had. */
  record(): Promise<Take>;
  /** Plays a sound; rejects where this browser can not decode it. */
  play(recording: Recording): Promise<Playing>;
}

function kindHere(): string | undefined {
  if (!("MediaRecorder" in globalThis) || !globalThis.navigator?.mediaDevices) return undefined;
  return KINDS.find((kind) => MediaRecorder.isTypeSupported(kind));
}

async function record(): Promise<Take> {
  const mimeType = kindHere();
  if (mimeType === undefined) throw new Error("this browser does not record speech");
  const audio = { channelCount: 1, noiseSuppression: true, autoGainControl: true };
  const stream = await navigator.mediaDevices.getUserMedia({ audio });
  const recorder = new MediaRecorder(stream, { mimeType, audioBitsPerSecond: BITS_S });
  const parts: Blob[] = [];
  recorder.ondataavailable = ({ data }) => parts.push(data);
  const ended = new Promise<void>((resolve) => {
    recorder.onstop = () => resolve();
  });
  const quiet = () => {
    if (recorder.state !== "inactive") recorder.stop();
    for (const track of stream.getTracks()) track.stop();
  };
  const begunMs = performance.now();
  recorder.start();
  return {
    async end() {
      const seconds = Math.max(1, Math.round((performance.now() - begunMs) / 1000));
      quiet();
      await ended;
      const bytes = new Uint8Array(await new Blob(parts).arrayBuffer());
      return { media: mimeType.split(";")[0] ?? "", seconds, bytes };
    },
    drop: quiet,
  };
}

async function play({ bytes }: Recording): Promise<Playing> {
  const context = new AudioContext();
  const stop = () => void context.close().catch(() => undefined);
  try {
    const buffer = await context.decodeAudioData(bytes.slice().buffer);
    const source = context.createBufferSource();
    source.buffer = buffer;
    source.connect(context.destination);
    const over = new Promise<void>((resolve) => {
      source.onended = () => resolve();
      context.onstatechange = () => context.state === "closed" && resolve();
    });
    void over.then(stop);
    source.start();
    return { over, stop };
  } catch (error) {
    stop();
    throw error;
  }
}

/** This phone's; a test and the gallery put their own in its place. */
export const sound: Sound = { canRecord: () => kindHere() !== undefined, record, play };
