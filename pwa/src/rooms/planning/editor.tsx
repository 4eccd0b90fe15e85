/** The exercises of a plan in their order, one of them open. */
import type { Signal } from "@preact/signals";
import type { PlanInput } from "../../client";
import { exerciseName } from "../../library";
import type { PlanItem } from "../../records.gen";
import { Figure } from "../../ui/figure/figure";
import { minutesOf } from "../../ui/figure/tempo";
import { Icon } from "../../ui/icon";
import { t } from "../../words";
import { doseText } from "../dose";
import { OpenItem } from "./item";

interface EditorProps {
  readonly plan: Signal<PlanInput>;
  /** Place of the exercise that is open. */
  readonly open: Signal<number | undefined>;
}

export function PlanEditor({ plan, open }: EditorProps) {
  const { items } = plan.value;
  const put = (next: readonly PlanItem[], opened: number | undefined) => {
    plan.value = { ...plan.peek(), items: [...next] };
    open.value = opened;
  };
  return (
    <section class="card list" data-testid="plan-editor">
      <div class="band">
        <h2 class="small grow">
          {t("plan.summary", { n: items.length, minutes: minutesOf(items) })}
        </h2>
        <span class="soft small">{t("plan.few")}</span>
      </div>
      <ol class="list">
        {items.map((item, at) => (
          <li key={`${item.exercise}${at}`} data-testid="plan-item">
            <Folded
              item={item}
              isOpen={open.value === at}
              onOpen={() => {
                open.value = open.peek() === at ? undefined : at;
              }}
            />
            {open.value === at && (
              <OpenItem
                item={item}
                at={at}
                count={items.length}
                onChange={(next) =>
                  put(
                    items.map((each, i) => (i === at ? next : each)),
                    at,
                  )
                }
                onRemove={() =>
                  put(
                    items.filter((_, i) => i !== at),
                    undefined,
                  )
                }
                onMove={(by) => put(swapped(items, at, at + by), at + by)}
              />
            )}
          </li>
        ))}
      </ol>
      {items.length === 0 && (
        <p class="err pad" role="alert">
          <Icon name="alert" size="s" />
          {t("plan.empty")}
        </p>
      )}
    </section>
  );
}

function swapped(items: readonly PlanItem[], one: number, other: number): PlanItem[] {
  return items.map((item, i) => items[i === one ? other : i === other ? one : i] ?? item);
}

interface FoldedProps {
  readonly item: PlanItem;
  readonly isOpen: boolean;
  readonly onOpen: () => void;
}

/** Picture, name and dose; a tap opens it. */
function Folded({ item, isOpen, onOpen }: FoldedProps) {
  return (
    <button
      type="button"
      class="link-row pad"
      data-testid="item-open"
      aria-expanded={isOpen}
      onClick={onOpen}
    >
      <span class="thumb">
        <Figure exercise={item.exercise} side={item.side} />
      </span>
      <span class="grow">
        <strong>{exerciseName(item.exercise)}</strong>
        <span class="soft small below num">{doseText(item)}</span>
        {item.note && (
          <span class="soft small below" dir="auto">
            {item.note}
          </span>
        )}
      </span>
      <Icon name={isOpen ? "minus" : "edit"} />
    </button>
  );
}
