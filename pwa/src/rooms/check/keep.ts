/** Writes the end of a check. The card is shown at once and does not wait for it. */
import { signal } from "@preact/signals";
import type { Care, Client } from "../../client";
import type { Check } from "../../records.gen";
import { versionOf } from "../../safety/approved";
import type { Answers } from "../../safety/outcome";
import { rawText } from "../../words";

/** What became of the last one. */
interface Kept {
  readonly id?: string;
  /** There when it could not be written: tries again. */
  readonly again?: () => void;
}

export const kept = signal<Kept>({});

export function keepCheck(
  client: Client | undefined,
  care: Care | undefined,
  answers: Answers,
  advice: Check["advice"],
): void {
  kept.value = {};
  if (!client || !care) return;
  const day = client.today.peek();
  const performed_at = Math.floor(Date.now() / 1000);
  const keep = async () => {
    try {
      const texts = await versionOf("red-flags", rawText);
      const draft = { type: "check", day, performed_at, texts, answers, advice } as const;
      kept.value = { id: await client.write(care.circle, draft) };
    } catch {
      kept.value = { again: () => void keep() };
    }
  };
  void keep();
}
