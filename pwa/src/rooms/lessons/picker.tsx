/** The cards of a plan, chosen in the order in which they come, one a week. */
import type { Signal } from "@preact/signals";
import type { PlanInput } from "../../client";
import { CARDS } from "../../library/cards";
import { Icon } from "../../ui/icon";
import { addWords, t } from "../../words";
import { enCards } from "../../words/en-cards";
import { enCare } from "../../words/en-care";
import { titleOf } from "./words";

addWords(enCare);
addWords(enCards);

/** @param today First day of a plan that has none: weeks count from it. */
export function CardPicker({ plan, today }: { plan: Signal<PlanInput>; today: string }) {
  const { lessons = [] } = plan.value;
  const put = (next: readonly string[]) => {
    const { lessons: _, ...bare } = plan.peek();
    const chosen = next.length > 0 ? { lessons: [...next], start: bare.start ?? today } : {};
    plan.value = { ...bare, ...chosen };
  };
  return (
    <section class="card" data-testid="card-picker">
      <h2>{t("cards.pick")}</h2>
      <p class="soft small">{t("cards.pickBody")}</p>
      <ul class="list">
        {CARDS.map((card) => {
          const at = lessons.indexOf(card.id);
          return (
            <li key={card.id}>
              <button
                type="button"
                class="row pad link-row"
                data-testid={`pick-${card.id}`}
                aria-pressed={at >= 0}
                onClick={() =>
                  put(at >= 0 ? lessons.filter((id) => id !== card.id) : [...lessons, card.id])
                }
              >
                <Icon name={at >= 0 ? "check" : "plus"} />
                <span class="grow">{titleOf(card)}</span>
                {at >= 0 && <span class="tag">{t("cards.week", { n: at + 1 })}</span>}
              </button>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
