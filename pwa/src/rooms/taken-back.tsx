/** What was taken back: that it was, and what it said, unless it was somebody else's. */
import type { Care, Taken } from "../client";
import { t } from "../words";
import { sayDay } from "../words/dates";
import { type Entry, inOneLine } from "./changes";

type Gone = Taken & Entry;

function isGone(one: Taken): one is Gone {
  return one.value.type === "session" || one.value.type === "pain";
}

export function TakenBack({ care, today }: { care: Care; today: string }) {
  const gone = care.taken.value.filter(isGone).reverse();
  if (gone.length === 0) return null;
  return (
    <ul class="card list">
      {gone.map((one) => (
        <li class="pad soft small" key={one.id} data-testid="taken-back">
          <span class="tag">{t(one.why === "someone_else" ? "mark.else" : "mark.taken")}</span>{" "}
          <bdi>
            {one.why === "someone_else"
              ? sayDay(one.value.day, today)
              : inOneLine(one.value, today)}
          </bdi>
        </li>
      ))}
    </ul>
  );
}
