/** Who put the phone of an author under its owner's name, where that was somebody else. */
import type { Opened } from "../client";
import { t } from "../words";
import { dayOf, sayDay, zoneHere } from "../words/dates";

/** Beside what a phone writes that somebody else put under its owner's name. */
export function AddedBy({ added, today }: { added: Opened<unknown>["added"]; today: string }) {
  if (added === undefined) return null;
  const day = sayDay(dayOf(added.at, zoneHere(added.at)), today);
  return (
    <span class="tag" data-testid="added-by">
      {t("added.by", { name: added.by || t("who.somebody"), day })}
    </span>
  );
}
