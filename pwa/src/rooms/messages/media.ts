/** The voices of a circle for a screen: there a moment after it stands. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Care, Client } from "../../client";
import type { Media } from "../../media";

/** Undefined until they are there, and where they can not be. */
export function useMedia(client: Client, care: Care): Media | undefined {
  const media = useSignal<Media | undefined>(undefined);
  useEffect(() => {
    let isLeft = false;
    const opening = client.media(care.circle).then((opened) => {
      if (isLeft) opened.close();
      else media.value = opened;
    });
    opening.catch(() => undefined);
    return () => {
      isLeft = true;
      media.peek()?.close();
    };
  }, [client, care.circle]);
  return media.value;
}

const told = new Set<string>();

/** Say once that this person has heard these. */
export async function tellHeard(client: Client, care: Care, ids: readonly string[]): Promise<void> {
  const news = ids.filter((id) => !told.has(care.circle + id)).slice(-HEARD_MAX);
  if (news.length === 0 || care.isOut.peek() || care.awaited.peek()) return;
  for (const id of news) told.add(care.circle + id);
  try {
    await client.write(care.circle, { type: "heard", targets: news });
  } catch {
    // It is said another time.
    for (const id of news) told.delete(care.circle + id);
  }
}

/** Of one record. */
const HEARD_MAX = 200;
