/** What somebody wants done with their programme or their record: the last word counts. Pure. */
import type { Opened } from "./client.ts";
import type { AnyRecord, Wish } from "./records.gen.ts";

/** What closes a record. */
const ENDING: ReadonlySet<Wish["wish"]> = new Set(["withdraw", "erase"]);

/** Whether a wish ends with the record closed, and then erased at the server. */
export function endsRecord({ wish }: Wish): boolean {
  return ENDING.has(wish);
}

/** The last wish, whatever it is; undefined without any. */
export function lastWish(diary: readonly Opened<AnyRecord>[]): Opened<Wish> | undefined {
  return diary.filter((one): one is Opened<Wish> => one.value.type === "wish").at(-1);
}

/**
 * The wish that holds on `today`: to rest, to have stopped, or to end the record. Undefined while
 * the programme goes on, also after the last day of a rest.
 */
export function wishOn(
  diary: readonly Opened<AnyRecord>[],
  today: string,
): Opened<Wish> | undefined {
  const last = lastWish(diary);
  if (last === undefined || last.value.wish === "go_on") return undefined;
  return last.value.until !== undefined && last.value.until < today ? undefined : last;
}

const DAY_MS = 86_400_000;

/** The day on which the programme goes on after a rest; "always" where nobody can say. */
export function goesOnFrom({ until }: Wish): string {
  if (until === undefined) return "always";
  return new Date(Date.parse(`${until}T00:00:00Z`) + DAY_MS).toISOString().slice(0, 10);
}
