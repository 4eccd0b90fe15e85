/** The exercises that there are, found by name, each a tap away from the plan. */
import { type Signal, useSignal } from "@preact/signals";
import type { PlanInput } from "../../client";
import { exerciseName } from "../../library";
import { entryOf } from "../../library/entries";
import { NAMES } from "../../library/names.en";
import type { PlanItem } from "../../records.gen";
import { Field } from "../../ui/field";
import { Figure } from "../../ui/figure/figure";
import { Icon } from "../../ui/icon";
import { t } from "../../words";
import { plain } from "../therapist/plain";

const NAME_LETTERS_MAX = 80;
/** From this width on it stands open beside the plan; as in the style of the desk. */
const BESIDE = "(min-width: 60rem)";

/** An exercise with its ordinary first dose; the side that hurts is for the therapist to choose. */
export function firstOf(exercise: string): PlanItem {
  const dose = entryOf(exercise)?.dose;
  if (!dose) return { exercise, sets: 2, reps: 10, hold_s: 0, rest_s: 30, side: "both" };
  const { sets, reps, time_s, hold_s, rest_s, side } = dose;
  const amount = time_s === undefined ? { reps: reps ?? 10 } : { time_s };
  return { exercise, sets, ...amount, hold_s, rest_s, side: side === "affected" ? "both" : side };
}

interface LibraryProps {
  readonly plan: Signal<PlanInput>;
  /** Place of the exercise that is open; the one that is added opens. */
  readonly open: Signal<number | undefined>;
}

export function Library({ plan, open }: LibraryProps) {
  const find = useSignal("");
  const region = useSignal(regionOf(plan.peek().items[0]?.exercise ?? "bk01"));
  const wanted = plain(find.value.trim());
  const shown = Object.keys(NAMES).filter((id) =>
    wanted === "" ? regionOf(id) === region.value : plain(exerciseName(id)).includes(wanted),
  );
  const isShown = useSignal(globalThis.matchMedia?.(BESIDE).matches ?? false);
  const add = (exercise: string) => {
    const { items } = plan.peek();
    plan.value = { ...plan.peek(), items: [...items, firstOf(exercise)] };
    open.value = items.length;
  };
  return (
    <section class="card library" data-testid="library">
      <h2>
        <button
          type="button"
          class="btn wide"
          data-testid="library-open"
          aria-expanded={isShown.value}
          onClick={() => {
            isShown.value = !isShown.peek();
          }}
        >
          <Icon name={isShown.value ? "minus" : "plus"} />
          {t("plan.addOne")}
        </button>
      </h2>
      {isShown.value && (
        <>
          <Field id="exercise-find" label={t("desk.find")} value={find} max={NAME_LETTERS_MAX} />
          {wanted === "" && <Regions region={region} />}
          <ul class="list">
            {shown.map((id) => (
              <li key={id}>
                <button
                  type="button"
                  class="link-row"
                  data-testid={`exercise-${id}`}
                  onClick={() => add(id)}
                >
                  <span class="thumb">
                    <Figure exercise={id} side="right" />
                  </span>
                  <span class="grow">{exerciseName(id)}</span>
                  <Icon name="plus" size="s" />
                </button>
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}

const REGIONS = ["bk", "nk", "sh", "hp", "kn", "an", "ba"] as const;
type Region = (typeof REGIONS)[number];

/** The part of the body that an exercise is for: its id begins with it. */
function regionOf(exercise: string): Region {
  return REGIONS.find((each) => exercise.startsWith(each)) ?? "bk";
}

function Regions({ region }: { region: Signal<Region> }) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: buttons that press, as everywhere else
    <div class="sides" role="group" aria-label={t("plan.regions")}>
      {REGIONS.map((each) => (
        <button
          type="button"
          class="btn small"
          key={each}
          data-testid={`region-${each}`}
          aria-pressed={region.value === each}
          onClick={() => {
            region.value = each;
          }}
        >
          {t(`region.${each}`)}
        </button>
      ))}
    </div>
  );
}
