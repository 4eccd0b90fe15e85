/** Voices in memory, for the gallery and the screen tests. */
import { signal } from "@preact/signals";
import type { Draft } from "../client";
import { type Media, type Recording, type Voice, VoiceMissing } from "../media";

/** A short hum as it is recorded. */
export const HUM: Recording = { media: "audio/webm", seconds: 12, bytes: new Uint8Array(17_400) };

export interface FakeVoices {
  /** By the id of the record. */
  readonly voices?: ReadonlyMap<string, Partial<Voice>>;
  /** Why none can be heard. */
  readonly missing?: VoiceMissing["why"];
}

export interface FakeMedia extends Media {
  /** What was said, in order. */
  readonly said: { readonly draft: Draft; readonly recording: Recording }[];
  /** Ids that were listened to. */
  readonly heard: string[];
}

/** @param write Stores a record as the client does. */
export function fakeMedia(write: (draft: Draft) => string, parts: FakeVoices = {}): FakeMedia {
  const whole: Voice = { seconds: 12, toFetch: 0, place: "server", isRefused: false };
  const given = [...(parts.voices ?? [])].map(
    ([id, voice]) => [id, { ...whole, ...voice }] as const,
  );
  const voices = signal<ReadonlyMap<string, Voice>>(new Map(given));
  const said: FakeMedia["said"] = [];
  const heard: string[] = [];
  return {
    said,
    heard,
    voices,
    async say(draft, recording) {
      said.push({ draft, recording });
      const id = write(draft);
      const voice = { ...whole, seconds: recording.seconds, place: "phone" as const };
      voices.value = new Map([...voices.peek(), [id, voice]]);
      return id;
    },
    async listen(id) {
      heard.push(id);
      if (parts.missing !== undefined) throw new VoiceMissing(parts.missing);
      const voice = voices.peek().get(id) ?? whole;
      voices.value = new Map([...voices.peek(), [id, { ...voice, toFetch: 0 }]]);
      return HUM;
    },
    close: () => undefined,
  };
}
