/** When the phone does not give out its store: what that means, the exercises, and whom to call. */
import { signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Care } from "../../client";
import { type Spare, sparesHere } from "../../client/care-spare";
import { exerciseName } from "../../library";
import { NAMES } from "../../library/names.en";
import { textOf } from "../../library/steps.en";
import type { PlanItem } from "../../records.gen";
import { Figure, hasFigure } from "../../ui/figure/figure";
import { Icon } from "../../ui/icon";
import { Page } from "../../ui/page";
import { Banner } from "../../ui/parts";
import { Portrait, pictureName } from "../../ui/portrait";
import { addWords, moreWords, t } from "../../words";
import { enMore } from "../../words/en-more";
import { enRecord } from "../../words/en-record";
import { enSafety } from "../../words/en-safety";
import { Help } from "../check/outcome";
import { doseText } from "../dose";

/** With its words. */
export async function unopened(): Promise<typeof Unopened> {
  await Promise.all([moreWords(), moreWords("safety")]);
  addWords({ ...enMore, ...enRecord, ...enSafety });
  return Unopened;
}

type Shown = "" | "call" | Partial<PlanItem>;

function Unopened({ onBack }: { onBack: () => void }) {
  const shown = useSignal<Shown>("");
  const spares = useSignal<readonly Spare[]>([]);
  useEffect(() => {
    sparesHere().then(
      (found) => {
        spares.value = found;
      },
      () => undefined,
    );
  }, []);
  const back = () => {
    shown.value = "";
  };
  if (shown.value === "call") {
    return (
      <>
        <Help care={careIn(spares.value)} />
        <Back onBack={back} />
      </>
    );
  }
  if (shown.value) return <One item={shown.value} onBack={back} />;
  const show = (item: Partial<PlanItem>) => {
    shown.value = item;
  };
  return (
    <Page
      key="unopened"
      help={false}
      end={<Call onTap={() => (shown.value = "call")} />}
      testid="unopened"
      foot={<Back onBack={onBack} />}
    >
      <h1>{t("shut.title")}</h1>
      <Banner icon="lock">
        <p>{t("shut.kept")}</p>
      </Banner>
      <Banner icon="alert" tone="warn" testid="unopened-log">
        <p>{t("shut.log")}</p>
      </Banner>
      {spares.value.map(({ picture, items }) => (
        <section class="stack" key={picture} data-testid="unopened-plan">
          <h2 class="row">
            <span class="thumb">
              <Portrait picture={picture} />
            </span>
            <span class="grow">{t("shut.plan", { picture: pictureName(picture) })}</span>
          </h2>
          <List items={items} onShow={show} />
        </section>
      ))}
      {spares.value.length === 0 && (
        <>
          <h2>{t("shut.exercises")}</h2>
          <p>{t("shut.only")}</p>
          <List items={Object.keys(NAMES).map((exercise) => ({ exercise }))} onShow={show} />
        </>
      )}
    </Page>
  );
}

/** In the place where help always is. */
function Call({ onTap }: { onTap: () => void }) {
  return (
    <button type="button" class="btn help" data-testid="unopened-call" onClick={onTap}>
      <Icon name="wrong" />
      {t("act.help")}
    </button>
  );
}

/** Whom to call, where one clinic only is known. */
function careIn(spares: readonly Spare[]): Pick<Care, "diary"> | undefined {
  const [value, ...others] = spares.flatMap(({ contacts = [] }) => contacts);
  if (value === undefined || others.length > 0) return undefined;
  const one = { id: "", value, place: "phone", author: "", mine: false, staff: true } as const;
  return { diary: signal([one]) };
}

/** What is known of a dose; a bare exercise has none. */
function doseOf(item: Partial<PlanItem>): string {
  return item.sets === undefined ? "" : doseText(item as PlanItem);
}

interface ListProps {
  readonly items: readonly Partial<PlanItem>[];
  readonly onShow: (item: Partial<PlanItem>) => void;
}

function List({ items, onShow }: ListProps) {
  return (
    <ul class="card list">
      {items.map((item) => {
        const { exercise = "", side = "both" } = item;
        return (
          <li key={exercise}>
            <button
              type="button"
              class="ex"
              data-testid={`unopened-${exercise}`}
              onClick={() => onShow(item)}
            >
              <span class="thumb">
                {hasFigure(exercise) && <Figure exercise={exercise} side={side} pose={1} />}
              </span>
              <span class="grow">
                <strong>{exerciseName(exercise)}</strong>
                <span class="soft below num">{doseOf(item)}</span>
              </span>
            </button>
          </li>
        );
      })}
    </ul>
  );
}

interface OneProps {
  readonly item: Partial<PlanItem>;
  readonly onBack: () => void;
}

function One({ item, onBack }: OneProps) {
  const { exercise = "", side = "both" } = item;
  return (
    <Page key={exercise} help={false} testid="unopened-one" foot={<Back onBack={onBack} />}>
      <h1>{exerciseName(exercise)}</h1>
      {hasFigure(exercise) && <Figure exercise={exercise} side={side} pose={1} />}
      <p class="strong num">{doseOf(item)}</p>
      <ol class="card steps">
        {textOf(exercise)?.lines.map((line) => (
          <li class="say">{line}</li>
        ))}
      </ol>
      <p class="soft small">{t("wrong.draft")}</p>
    </Page>
  );
}

function Back({ onBack }: { onBack: () => void }) {
  return (
    <button type="button" class="btn wide" data-testid="unopened-back" onClick={onBack}>
      {t("act.back")}
    </button>
  );
}
