/** About one exercise: rounds, repeats, load and effort, one tap each; nothing has to be said. */
import { useSignal } from "@preact/signals";
import { exerciseName } from "../../library";
import type { PlanItem } from "../../records.gen";
import { EffortFaces } from "../../ui/answers";
import { Icon } from "../../ui/icon";
import { Page } from "../../ui/page";
import { back } from "../../ui/route";
import { number, t, type WordId } from "../../words";
import { type Answer, answered, draftOf, setDraft } from "../patient/draft";
import { SkipButton } from "../patient/log";
import { type PatientProps, planOf } from "../patient/today";

const LOADS = ["lighter", "heavier"] as const;

export function Each({ client, care, at }: PatientProps & { at: number }) {
  const item = planOf(care)?.value.items[at];
  const draft = draftOf(care.circle, client.today.value);
  const said = useSignal<Answer>(draft.answers.get(at) ?? { sets_done: item?.sets ?? 1 });
  if (!item) return null;
  const change = (next: Partial<Answer>) => {
    said.value = { ...said.peek(), ...next };
    void setDraft(answered(draftOf(care.circle, client.today.peek()), at, said.peek()));
  };
  return (
    <Page
      canGoBack
      testid="each"
      foot={
        <>
          <button type="button" class="btn main-act" data-testid="each-done" onClick={back}>
            <Icon name="check" />
            {t("exercise.done")}
          </button>
          {said.value.effort === undefined && (
            <SkipButton testid="effort-skip" onSkip={() => change({ effort: "not_said" })} />
          )}
        </>
      }
    >
      <p class="soft strong">{exerciseName(item.exercise)}</p>
      <h1>{t("log.effort")}</h1>
      <EffortFaces
        label={t("log.effort")}
        chosen={typeof said.value.effort === "number" ? said.value.effort : undefined}
        onPick={(effort) => change({ effort })}
      />
      <Count
        id="each.sets"
        value={said.value.sets_done}
        most={10}
        onChange={(sets_done) => change({ sets_done })}
      />
      {item.reps !== undefined && (
        <Count
          id="each.reps"
          value={said.value.reps_done ?? item.reps}
          most={200}
          onChange={(reps_done) => change({ reps_done })}
        />
      )}
      {item.load && <Load item={item} said={said.value} change={change} />}
    </Page>
  );
}

interface CountProps {
  readonly id: WordId;
  readonly value: number;
  readonly most: number;
  readonly onChange: (value: number) => void;
}

/** A number that is right already, or one tap away. */
function Count({ id, value, most, onChange }: CountProps) {
  const to = (next: number) => onChange(Math.min(most, Math.max(0, next)));
  return (
    <div class="card stack">
      <p class="strong">{t(id)}</p>
      <div class="row nowrap">
        <button
          type="button"
          class="btn icon edge"
          data-testid={`${id}-less`}
          aria-label={t("each.less", { what: t(id) })}
          onClick={() => to(value - 1)}
        >
          <Icon name="minus" />
        </button>
        <output class="num strong count" data-testid={id}>
          {number(value)}
        </output>
        <button
          type="button"
          class="btn icon edge"
          data-testid={`${id}-more`}
          aria-label={t("each.more", { what: t(id) })}
          onClick={() => to(value + 1)}
        >
          <Icon name="plus" />
        </button>
      </div>
    </div>
  );
}

interface LoadProps {
  readonly item: PlanItem;
  readonly said: Answer;
  readonly change: (next: Partial<Answer>) => void;
}

/** Without typing: as planned, or less, or more. */
function Load({ item, said, change }: LoadProps) {
  const load = item.load ?? "";
  return (
    <section class="card stack">
      <h2>{t("each.load")}</h2>
      {[load, ...LOADS].map((each, i) => (
        <button
          type="button"
          class="btn wide"
          key={each}
          aria-pressed={said.load === each}
          data-testid={`load-${i}`}
          onClick={() => change({ load: each })}
        >
          {i === 0 ? t("each.asPlanned", { load }) : t(`each.${LOADS[i - 1] ?? "lighter"}`)}
        </button>
      ))}
    </section>
  );
}
