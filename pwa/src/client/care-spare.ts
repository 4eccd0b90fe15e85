/**
 * A copy of the plan and of whom to call, for the day on which the phone gives out no store.
 *
 * It lies in the cache storage and is not sealed, since every key that opens it without the store
 * would lie beside it. So it is made only where nothing keeps who holds this phone from opening the
 * profile: one with a number has none. No name, no note and nothing that somebody told is in it.
 *
 * Source: docs/adr/0040-a-copy-of-the-plan.md.
 */
import type { Care, Client } from "../client.ts";
import type { Contacts, PlanItem } from "../records.gen.ts";
import { contactsOf } from "../rooms/seen.ts";
import { forgetSpare, SPARE, spareName } from "./profiles.ts";

/** What one circle's plan was when it was last shown. */
export interface Spare {
  /** Of its profile. */
  readonly picture: string;
  /** Without what the therapist wrote beside them. */
  readonly items: readonly PlanItem[];
  readonly contacts?: Contacts;
}

/** Whether a copy of this may lie outside the store. */
function mayLie(client: Client, care: Care): boolean {
  const { role, locked = false } = client.profile;
  const isOver = care.isOut.value || care.closedAt.value > 0;
  return (role === "patient" || role === "caregiver") && !locked && !isOver;
}

/** The plan of a circle as text; "" where none is to be kept. */
export function spareOf(client: Client, care: Care): string {
  const plan = care.plans.value.at(-1)?.value;
  if (plan === undefined || !mayLie(client, care)) return "";
  const contacts = contactsOf(care);
  const items = plan.items.map(({ note, ...item }) => item);
  const { picture } = client.profile;
  return JSON.stringify({ picture, items, ...(contacts && { contacts }) } satisfies Spare);
}

/** Keep what `spareOf` gave, or nothing; one circle of a profile stands for all. */
export async function keepSpare(profile: string, text: string): Promise<void> {
  if (text === "") return forgetSpare(profile);
  const cache = await globalThis.caches?.open(SPARE);
  const name = spareName(profile);
  if ((await (await cache?.match(name))?.text()) !== text)
    await cache?.put(name, new Response(text));
}

/** All copies on this phone. */
export async function sparesHere(): Promise<readonly Spare[]> {
  const cache = await globalThis.caches?.open(SPARE);
  const names = (await cache?.keys()) ?? [];
  return Promise.all(names.map(async (name) => (await cache?.match(name))?.json()));
}
