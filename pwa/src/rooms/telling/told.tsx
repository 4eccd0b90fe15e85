/** One thing that was told: every answer can be corrected, all of it taken back or handed on. */
import { type Signal, useSignal } from "@preact/signals";
import type { Care, Client, Draft, PainAnswer } from "../../client";
import { exerciseName } from "../../library";
import type { AnyRecord, Session, SessionPain } from "../../records.gen";
import { EffortFaces, PainPicker } from "../../ui/answers";
import { Figure } from "../../ui/figure/figure";
import { Icon } from "../../ui/icon";
import { Page } from "../../ui/page";
import { Banner, PlaceChip } from "../../ui/parts";
import { back, go, type Route } from "../../ui/route";
import { say } from "../../ui/toast";
import { t, type WordId } from "../../words";
import { dayAfter, sayDay } from "../../words/dates";
import { planOn } from "../advice";
import { changesOf, type Entry, factsOf } from "../changes";
import { Corrected } from "../corrected";
import { SkipButton } from "../patient/log";
import { SomeoneElse } from "./someone";

export type ToldStep = Extract<Route, { room: "told" }>["step"];

interface ToldProps {
  readonly client: Client;
  readonly care: Care;
  readonly id: string;
  readonly step: ToldStep;
}

/** Members of a record with their new values. */
export type Change = Readonly<Record<string, unknown>>;

export function Told({ client, care, id, step }: ToldProps) {
  const failed = useSignal(false);
  const row = [...care.sessions.value, ...care.pains.value].find((each) => each.id === id);
  if (!row?.mine) return null;
  const write = async (draft: Draft, done: WordId) => {
    try {
      await client.write(care.circle, draft);
      failed.value = false;
      say(t(done));
      back();
    } catch {
      failed.value = true;
    }
  };
  const amend = (values: Change, drop: readonly string[] = []) => {
    const dropped = drop.length > 0 ? { drop: [...drop] } : {};
    const draft = { type: "amend", target: id, values: { ...values }, ...dropped } as const;
    void write(draft as Draft<AnyRecord>, "told.changed");
  };
  const takeBack = () => void write({ type: "void", target: id, reason: "mistake" }, "told.taken");
  const props = { client, care, row, failed, amend };
  if (step === "else") return <SomeoneElse {...props} />;
  if (step === undefined) return <Facts {...props} takeBack={takeBack} />;
  return <Correct key={step} {...props} step={step} />;
}

export interface OneProps {
  readonly client: Client;
  readonly care: Care;
  readonly row: Entry;
  readonly failed: Signal<boolean>;
  readonly amend: (values: Change, drop?: readonly string[]) => void;
}

function Facts({ client, row, failed, takeBack }: OneProps & { takeBack: () => void }) {
  const today = client.today.value;
  const sure = useSignal(false);
  const { id } = row;
  return (
    <Page
      canGoBack
      testid="told"
      foot={
        <>
          <button
            type="button"
            class="btn wide"
            data-testid="told-else"
            onClick={() => go({ room: "told", id, step: "else" })}
          >
            <Icon name="group" />
            {t("told.else")}
          </button>
          <button
            type="button"
            class="btn wide danger"
            data-testid="told-take-back"
            onClick={() => {
              if (sure.peek()) takeBack();
              sure.value = true;
            }}
          >
            {t(sure.value ? "told.takeSure" : "told.takeBack")}
          </button>
        </>
      }
    >
      <h1>{t("told.title")}</h1>
      <p class="soft">{t("told.body")}</p>
      <ul class="card list">
        {factsOf(row.value, today).map(([what, said]) => (
          <li key={what}>
            <button
              type="button"
              class="row pad link-row"
              data-testid={`told-${what}`}
              onClick={() => go({ room: "told", id, step: what })}
            >
              <span class="grow">{t(`mark.${what}`)}</span>
              <strong>{said}</strong>
              <Icon name="edit" size="s" />
            </button>
          </li>
        ))}
      </ul>
      <p class="row wrap">
        <PlaceChip place={row.place} />
      </p>
      {changesOf(row, today).length > 0 && <Corrected row={row} today={today} />}
      <Failed failed={failed} />
    </Page>
  );
}

export function Failed({ failed }: Pick<OneProps, "failed">) {
  return (
    <div role="alert">
      {failed.value && (
        <Banner icon="alert" tone="bad" testid="save-failed">
          <p>{t("log.failed")}</p>
        </Banner>
      )}
    </div>
  );
}

type Correctable = Exclude<ToldStep, "else" | undefined>;

function Correct({ step, ...props }: OneProps & { step: Correctable }) {
  switch (step) {
    case "day":
      return <WhichDay {...props} />;
    case "done":
      return <WhichDone {...props} />;
    case "effort":
      return <HowHard {...props} />;
    default:
      return <HowMuch {...props} of={step} />;
  }
}

function HowMuch({ row, failed, amend, of }: OneProps & { of: keyof SessionPain | "score" }) {
  const { value } = row;
  const before = value.type === "pain" ? value.score : value.pain[of as keyof SessionPain];
  const pick = (said: PainAnswer) =>
    amend(value.type === "pain" ? { score: said } : { pain: { ...value.pain, [of]: said } });
  return (
    <Page
      canGoBack
      testid="told-pain"
      foot={<SkipButton testid="pain-skip" onSkip={() => pick("not_said")} />}
    >
      <h1>{t(`mark.${of}`)}</h1>
      <Failed failed={failed} />
      <PainPicker
        label={t(`mark.${of}`)}
        chosen={typeof before === "number" ? before : undefined}
        onPick={pick}
      />
    </Page>
  );
}

function HowHard({ row, failed, amend }: OneProps) {
  const { value } = row;
  const before = value.type === "session" ? value.effort : undefined;
  return (
    <Page
      canGoBack
      testid="told-hard"
      foot={<SkipButton testid="effort-skip" onSkip={() => amend({ effort: "not_said" })} />}
    >
      <h1>{t("log.effort")}</h1>
      <Failed failed={failed} />
      <EffortFaces
        label={t("log.effort")}
        chosen={typeof before === "number" ? before : undefined}
        onPick={(effort) => amend({ effort })}
      />
    </Page>
  );
}

/** So many days back can be told apart by a person. */
const DAYS_BACK = 4;

function WhichDay({ client, row, failed, amend }: OneProps) {
  const today = client.today.value;
  const days = Array.from({ length: DAYS_BACK }, (_, i) => dayAfter(today, -i));
  return (
    <Page canGoBack testid="told-when">
      <h1>{t("told.dayAsk")}</h1>
      <Failed failed={failed} />
      {days.map((day) => (
        <button
          type="button"
          class="btn wide big-ans"
          key={day}
          aria-pressed={day === row.value.day}
          data-testid={`day-${day}`}
          onClick={() => amend({ day })}
        >
          <span class="cap">{sayDay(day, today)}</span>
        </button>
      ))}
    </Page>
  );
}

/** How much of each exercise the plan asked for counts as done, when it is said anew. */
function amended(session: Session, done: ReadonlySet<number>, full: readonly number[]): Change {
  const items = session.items.map((item, at) => {
    const { reason: _, ...bare } = item;
    const sets = full[at] ?? 1;
    if (done.has(at)) return { ...bare, sets_done: Math.max(item.sets_done, sets) };
    return { ...item, sets_done: item.sets_done >= sets ? 0 : item.sets_done };
  });
  const some = items.some(({ sets_done }) => sets_done > 0);
  const all = done.size === items.length;
  return { items, done: all ? "all" : some ? "some" : "none" };
}

function WhichDone({ care, row, failed, amend }: OneProps) {
  const session = row.value as Session;
  const plan = planOn(care, session.day)?.value.items ?? [];
  const full = session.items.map(
    ({ exercise, sets_done }) =>
      plan.find((item) => item.exercise === exercise)?.sets ?? Math.max(1, sets_done),
  );
  const done = useSignal<ReadonlySet<number>>(
    new Set(session.items.flatMap((item, at) => (item.sets_done >= (full[at] ?? 1) ? [at] : []))),
  );
  const toggle = (at: number) => {
    const next = new Set(done.peek());
    if (!next.delete(at)) next.add(at);
    done.value = next;
  };
  const save = () => {
    const change = amended(session, done.peek(), full);
    const isNone = change.done === "none";
    const { before } = session.pain;
    // Of nothing done nobody was asked for worst pain and effort.
    const pain = isNone ? { pain: before === undefined ? {} : { before } } : {};
    amend({ ...change, ...pain }, isNone && session.effort !== undefined ? ["effort"] : []);
  };
  return (
    <Page
      canGoBack
      testid="told-which"
      foot={
        <button type="button" class="btn main-act" data-testid="which-next" onClick={save}>
          <Icon name="check" />
          {t("act.save")}
        </button>
      }
    >
      <h1>{t("told.which")}</h1>
      <Failed failed={failed} />
      <ol class="card list">
        {session.items.map(({ exercise }, at) => (
          <li key={exercise}>
            <button
              type="button"
              class="ex pad0"
              data-testid={`which-${at}`}
              aria-pressed={done.value.has(at)}
              onClick={() => toggle(at)}
            >
              <span class="thumb">
                <Figure exercise={exercise} side="both" />
              </span>
              <span class="grow strong">{exerciseName(exercise)}</span>
              <span class={`tick ${done.value.has(at) ? "done" : ""}`}>
                {done.value.has(at) && <Icon name="check" />}
              </span>
            </button>
          </li>
        ))}
      </ol>
    </Page>
  );
}
