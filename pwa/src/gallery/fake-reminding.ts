/** Reminders that call nobody: for the gallery and the screen tests. */
import { type Signal, signal } from "@preact/signals";
import type { Allowed, Chosen, Reminding, Told } from "../reminding";

export interface FakeRemindingParts {
  readonly chosen?: Chosen;
  readonly allowed?: Allowed;
  readonly told?: Told;
  readonly next?: number;
  /** What the person answers when the phone asks. */
  readonly answers?: Allowed;
  /** Nothing can be kept. */
  readonly broken?: boolean;
}

/** Reminders as they are given; acts are noted. */
export function fakeReminding(
  parts: FakeRemindingParts = {},
): Reminding & { readonly calls: string[] } {
  const calls: string[] = [];
  const allowed: Signal<Allowed> = signal(parts.allowed ?? "ask");
  const chosen: Signal<Chosen | undefined> = signal(parts.chosen);
  return {
    calls,
    chosen,
    allowed,
    told: signal(parts.told ?? "off"),
    next: signal(parts.next),
    async choose(next) {
      calls.push(`choose ${JSON.stringify(next)}`);
      if (parts.broken) throw new Error("broken on purpose");
      chosen.value = next;
    },
    async allow() {
      calls.push("allow");
      allowed.value = parts.answers ?? "yes";
      return allowed.value;
    },
  };
}
