/** What is said between a person and who cares for them, and who has heard it. Pure. */
import type { Care, Opened } from "../client";
import type { Heard, Message, Note } from "../records.gen";

/** One thing that was said: a therapist's note, or a message either way. */
export type Said = Opened<Note> | Opened<Message>;

/** Whose words are looked at, and where one stands oneself. */
export type Talk = Pick<Care, "diary" | "role">;

function isSaid(one: Opened<{ readonly type: string }>): one is Said {
  return one.value.type === "note" || one.value.type === "message";
}

function isStaff({ role }: Pick<Care, "role">): boolean {
  return role === "therapist" || role === "admin";
}

/** Whether clinic staff said it; a note is always theirs. */
function isByStaff({ staff, value }: Said): boolean {
  return staff === true || value.type === "note";
}

/** Everything that was said, oldest first. */
export function saidIn(care: Talk): readonly Said[] {
  return care.diary.value.filter(isSaid);
}

/** What the other side has said and this person has not yet heard, oldest first. */
export function unheard(care: Talk): readonly Said[] {
  const heard = new Set(
    care.diary.value.flatMap(({ value, mine }) =>
      mine && value.type === "heard" ? value.targets : [],
    ),
  );
  const others = saidIn(care).filter((one) => !one.mine && isByStaff(one) !== isStaff(care));
  return others.filter(({ id }) => !heard.has(id));
}

/** By whom of the other side each of one's own words was heard first. */
export function heardBy(care: Talk): ReadonlyMap<string, Opened<Heard>> {
  const found = new Map<string, Opened<Heard>>();
  for (const one of care.diary.value) {
    const { value, mine, staff = false } = one;
    if (value.type !== "heard" || mine || staff === isStaff(care)) continue;
    for (const target of value.targets) {
      if (!found.has(target)) found.set(target, one as Opened<Heard>);
    }
  }
  return found;
}
