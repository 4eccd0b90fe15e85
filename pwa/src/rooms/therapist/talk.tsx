/** The messages of a patient, a moment after the room stands. */
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Care, Client } from "../../client";

type Card = typeof import("../messages/desk").TalkCard;

const card = signal<Card | undefined>(undefined);

export function Talk(props: { client: Client; care: Care }) {
  const Loaded = card.value;
  useEffect(() => {
    const fetch = async () => {
      card.value ??= (await import("../messages/desk")).TalkCard;
    };
    fetch().catch(() => undefined);
  }, []);
  return Loaded ? <Loaded {...props} /> : null;
}
