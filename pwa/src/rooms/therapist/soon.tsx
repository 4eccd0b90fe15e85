/** What of a patient comes a moment after the room stands: messages, progress. */
import { signal } from "@preact/signals";
import type { ComponentType } from "preact";
import { useEffect } from "preact/hooks";
import type { Care, Client } from "../../client";

interface CareProps {
  readonly client: Client;
  readonly care: Care;
}

/** A part of a room, fetched when it is first shown; without it the room is whole as well. */
export function soon<Props extends object>(load: () => Promise<ComponentType<Props>>) {
  const part = signal<{ readonly Loaded?: ComponentType<Props> }>({});
  return function Soon(props: Props) {
    const { Loaded } = part.value;
    useEffect(() => {
      const fetch = async () => {
        if (!part.peek().Loaded) part.value = { Loaded: await load() };
      };
      fetch().catch(() => undefined);
    }, []);
    return Loaded ? <Loaded {...props} /> : null;
  };
}

export const Talk = soon<CareProps>(async () => (await import("../messages/desk")).TalkCard);
export const Progress = soon<CareProps>(
  async () => (await import("../progress/desk")).ProgressCard,
);
