/** The easier exercise of the library, for those that hurt or were too hard. */
import type { Opened, Session } from "../../client";
import { exerciseName } from "../../library";
import { entryOf } from "../../library/entries";
import type { ItemDone } from "../../records.gen";
import { Figure, hasFigure } from "../../ui/figure/figure";
import { t } from "../../words";

/** Named at once; the therapist sees all. */
const NAMED_MAX = 2;

/** Exercises with the easier one of each: those that were complained of, else those that were done. */
export function easierOf(items: readonly ItemDone[]): { from: string; to: string }[] {
  const hard = items.filter(({ reason }) => reason === "pain" || reason === "too_hard");
  const done = items.filter(({ sets_done }) => sets_done > 0);
  return (hard.length > 0 ? hard : done).flatMap(({ exercise }) => {
    const to = entryOf(exercise)?.easier;
    return to === undefined ? [] : [{ from: exercise, to }];
  });
}

export function Easier({ session }: { session: Opened<Session> | undefined }) {
  return (
    <>
      {easierOf(session?.value.items ?? [])
        .slice(0, NAMED_MAX)
        .map(({ from, to }) => (
          <div class="card row" key={from} data-testid={`easier-${to}`}>
            {hasFigure(to) && (
              <div class="thumb">
                <Figure exercise={to} side="both" />
              </div>
            )}
            <p class="grow">
              {t("saved.easier", { easier: exerciseName(to), exercise: exerciseName(from) })}
            </p>
          </div>
        ))}
    </>
  );
}
