/** Telling a session: how much, which, why, pain, effort. One question at a time. */
import { type Signal, signal, useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import type { Opened, PainAnswer, Plan, Session } from "../../client";
import { exerciseName } from "../../library";
import type { PlanItem } from "../../records.gen";
import { EffortFaces, PainPicker } from "../../ui/answers";
import { Figure, hasFigure } from "../../ui/figure/figure";
import { Icon } from "../../ui/icon";
import type { IconName } from "../../ui/icons";
import { Page } from "../../ui/page";
import { Banner, Beads, Joints, painText } from "../../ui/parts";
import { go, type LogStep, swap } from "../../ui/route";
import { WhyNotSaved } from "../../ui/why-not-saved";
import { t, type WordId } from "../../words";
import { doneOn } from "../days";
import {
  chosen,
  clearDraft,
  type Draft,
  doneOf,
  draftOf,
  explained,
  filled,
  keepAndGo,
  needsReason,
  type Reason,
  sessionInput,
  setDraft,
} from "./draft";
import { type PatientProps, planOf } from "./today";

/** What was just saved, for the screen that follows. */
export interface SavedSession {
  readonly id: string;
  readonly done: Session["done"];
  readonly worst: PainAnswer | undefined;
  readonly at: number;
}

export const lastSaved = signal<SavedSession | undefined>(undefined);

interface StepProps extends PatientProps {
  readonly plan: Opened<Plan>;
  readonly draft: Draft;
  readonly saving: Signal<"" | "busy" | "failed">;
  readonly save: (draft: Draft, effort: PainAnswer | undefined) => Promise<void>;
}

export function Log({ client, care, step }: PatientProps & { step: Exclude<LogStep, "saved"> }) {
  const saving = useSignal<"" | "busy" | "failed">("");
  const plan = planOf(care);
  if (!plan) return null;
  const draft = draftOf(care.circle, client.today.value);
  const save = async (final: Draft, effort: PainAnswer | undefined) => {
    if (saving.peek() === "busy") return;
    saving.value = "busy";
    const at = Math.floor(Date.now() / 1000);
    const input = sessionInput(final, plan, effort, at);
    await setDraft({ ...final, saving: at });
    try {
      const id = await client.logSession(care.circle, input);
      lastSaved.value = { id, done: input.done, worst: input.pain.worst, at };
      void clearDraft();
      saving.value = "";
      swap({ room: "log", step: "saved" });
    } catch {
      saving.value = "failed";
    }
  };
  const props = { client, care, plan, draft, saving, save };
  switch (step) {
    case "before":
      return <Before {...props} />;
    case "after":
      return <After {...props} />;
    case "done":
      return <HowMuch {...props} />;
    case "which":
      return <Which {...props} />;
    case "why":
      return <Why {...props} />;
    case "pain":
      return <PainQuestion {...props} />;
    case "effort":
      return <EffortQuestion {...props} />;
  }
}

const PAIN = { room: "log", step: "pain" } as const;
const WHY = { room: "log", step: "why" } as const;
const QUESTIONS = 3;

function Steps({ at }: { at: number }) {
  const label = t("log.step", { at, all: QUESTIONS });
  return <Joints count={QUESTIONS} now={at - 1} done={(i) => i < at - 1} label={label} />;
}

interface BigAnswerProps {
  readonly id: WordId;
  readonly testid: string;
  /** Says the same without words. */
  readonly picture: ComponentChildren;
  readonly pick: () => void;
}

function BigAnswer({ id, testid, picture, pick }: BigAnswerProps) {
  return (
    <button type="button" class="btn wide big-ans" data-testid={testid} onClick={pick}>
      {picture}
      <span class="grow">{t(id)}</span>
    </button>
  );
}

function HowMuch({ plan, draft }: StepProps) {
  const { items } = plan.value;
  const all = () => {
    void keepAndGo(filled({ ...draft, answers: new Map() }, items), PAIN);
  };
  const some = () => {
    void keepAndGo({ ...draft, begun: true }, { room: "log", step: "which" });
  };
  const none = () => {
    void keepAndGo(chosen(draft, items, new Set()), WHY);
  };
  return (
    <Page
      canGoBack
      testid="log-done"
      foot={
        <>
          <BigAnswer
            id="log.all"
            testid="done-all"
            picture={<Beads count={3} done={3} />}
            pick={all}
          />
          <BigAnswer
            id="log.some"
            testid="done-some"
            picture={<Beads count={3} done={1} />}
            pick={some}
          />
          <BigAnswer
            id="log.none"
            testid="done-none"
            picture={<Beads count={3} done={0} />}
            pick={none}
          />
        </>
      }
    >
      <Steps at={1} />
      <h1>{t("log.done")}</h1>
      <Strip plan={plan} />
    </Page>
  );
}

/** The exercises in small, so that the question needs no reading. */
function Strip({ plan }: { plan: Opened<Plan> }) {
  const drawn = plan.value.items.filter(({ exercise }) => hasFigure(exercise));
  if (drawn.length === 0) return null;
  return (
    <div class="card mid">
      <div class="strip">
        {drawn.map((item) => (
          <div class="thumb">
            <Figure exercise={item.exercise} side={item.side} />
          </div>
        ))}
      </div>
    </div>
  );
}

function Which({ plan, draft }: StepProps) {
  const { items } = plan.value;
  const done = useSignal<ReadonlySet<number>>(
    new Set(
      items.flatMap((item, at) =>
        (draft.answers.get(at)?.sets_done ?? 0) >= item.sets ? [at] : [],
      ),
    ),
  );
  const toggle = (at: number) => {
    const next = new Set(done.peek());
    if (!next.delete(at)) next.add(at);
    done.value = next;
    void setDraft(chosen(draft, items, next));
  };
  const onward = () => {
    const next = chosen(draft, items, done.peek());
    void keepAndGo(next, needsReason(next, items) ? WHY : PAIN);
  };
  return (
    <Page
      canGoBack
      testid="log-which"
      foot={
        <button type="button" class="btn main-act" data-testid="which-next" onClick={onward}>
          {t("act.next")}
          <Icon name="next" />
        </button>
      }
    >
      <Steps at={1} />
      <h1>{t("log.which")}</h1>
      <p class="soft">{t("log.whichBody")}</p>
      <ol class="card list">
        {items.map((item, at) => (
          <li class="row which">
            <button
              type="button"
              class="ex pad0"
              data-testid={`which-${at}`}
              aria-pressed={done.value.has(at)}
              onClick={() => toggle(at)}
            >
              <span class="thumb">
                <Figure exercise={item.exercise} side={item.side} />
              </span>
              <span class="grow strong">{exerciseName(item.exercise)}</span>
              <span class={`tick ${done.value.has(at) ? "done" : ""}`}>
                {done.value.has(at) && <Icon name="check" />}
              </span>
            </button>
            <button
              type="button"
              class="btn icon"
              data-testid={`each-${at}`}
              aria-label={t("log.each", { exercise: exerciseName(item.exercise) })}
              onClick={() => go({ room: "each", at })}
            >
              <Icon name="edit" />
            </button>
          </li>
        ))}
      </ol>
    </Page>
  );
}

const REASONS: readonly (readonly [Reason, IconName])[] = [
  ["too_hard", "down"],
  ["pain", "pain"],
  ["not_understood", "unclear"],
  ["no_time", "clock"],
];

function Why({ plan, draft, saving, save }: StepProps) {
  const { items } = plan.value;
  const none = doneOf(draft, items) === "none";
  const onward = (next: Draft) => {
    if (none) void save(next, undefined);
    else void keepAndGo(next, PAIN);
  };
  return (
    <Page
      canGoBack
      testid="log-why"
      foot={
        <>
          {REASONS.map(([reason, icon]) => (
            <BigAnswer
              key={reason}
              id={`reason.${reason}`}
              testid={`reason-${reason}`}
              picture={<Icon name={icon} size="l" />}
              pick={() => onward(explained(draft, items, reason))}
            />
          ))}
          <SkipButton testid="reason-skip" onSkip={() => onward(draft)} />
        </>
      }
    >
      <Steps at={1} />
      <h1>{t(none ? "log.whyNone" : "log.why")}</h1>
      <SaveState saving={saving} />
    </Page>
  );
}

function PainQuestion({ draft }: StepProps) {
  const pick = (worst: PainAnswer) => {
    // Who said how it was before is asked how it is now.
    const step = draft.before === undefined ? "effort" : "after";
    void keepAndGo({ ...draft, begun: true, worst }, { room: "log", step });
  };
  return <HowMuchPain of="pain" at={2} said={draft.worst} pick={pick} />;
}

/** Before the first exercise; one tap skips it. */
function Before({ client, care, draft, plan }: StepProps) {
  const saved = doneOn(care.sessions.value, client.today.value, plan.value);
  const isOpen = ({ exercise }: PlanItem, at: number) =>
    !draft.answers.has(at) && !saved.has(exercise);
  const at = Math.max(0, plan.value.items.findIndex(isOpen));
  const pick = async (before: PainAnswer) => {
    await setDraft({ ...draft, before });
    swap({ room: "exercise", at });
  };
  return <HowMuchPain of="before" said={draft.before} pick={(said) => void pick(said)} />;
}

function After({ draft }: StepProps) {
  const pick = (after: PainAnswer) => {
    void keepAndGo({ ...draft, after }, { room: "log", step: "effort" });
  };
  return <HowMuchPain of="after" at={2} said={draft.after} pick={pick} />;
}

interface HowMuchPainProps {
  readonly of: "pain" | "before" | "after";
  /** Which of the questions; undefined where it is asked alone. */
  readonly at?: number;
  readonly said: PainAnswer | undefined;
  readonly pick: (said: PainAnswer) => void;
}

/** One of the three pain questions; what was said before can be gone on with. */
function HowMuchPain({ of, at, said, pick }: HowMuchPainProps) {
  const numeric = typeof said === "number" ? said : undefined;
  return (
    <Page
      canGoBack
      testid={`log-${of}`}
      foot={
        <>
          {numeric !== undefined && (
            <button type="button" class="btn main-act" onClick={() => pick(numeric)}>
              {t("act.next")}
              <Icon name="next" />
            </button>
          )}
          <SkipButton testid="pain-skip" onSkip={() => pick("not_said")} />
        </>
      }
    >
      {at !== undefined && <Steps at={at} />}
      <h1>{t(`log.${of}`)}</h1>
      {of === "pain" && <p class="soft">{t("log.painBody")}</p>}
      <PainPicker label={t(`log.${of}`)} chosen={numeric} onPick={pick} />
    </Page>
  );
}

function EffortQuestion({ plan, draft, saving, save }: StepProps) {
  const effort = useSignal<number | undefined>(undefined);
  const busy = saving.value === "busy";
  const ready = effort.value !== undefined && !busy;
  return (
    <Page
      canGoBack
      testid="log-effort"
      foot={
        <>
          <button
            type="button"
            class="btn main-act"
            data-testid="save"
            aria-disabled={!ready}
            onClick={() => {
              if (ready) void save(draft, effort.peek());
            }}
          >
            <Icon name="check" />
            {t(busy ? "wait.saving" : "act.save")}
          </button>
          <SkipButton testid="effort-skip" onSkip={() => void save(draft, "not_said")} />
        </>
      }
    >
      <Steps at={3} />
      <h1>{t("log.effort")}</h1>
      <p class="soft">{t("log.effortBody", { n: plan.value.items.length })}</p>
      <SaveState saving={saving} />
      <p class="row">
        <span class="chip plain" data-testid="pain-was">
          <Icon name="check" size="s" />
          {t("log.painWas", { pain: painText(draft.worst) })}
        </span>
      </p>
      <Strip plan={plan} />
      <EffortFaces
        label={t("log.effort")}
        chosen={effort.value}
        onPick={(picked) => {
          effort.value = picked;
        }}
      />
    </Page>
  );
}

export function SkipButton({ testid, onSkip }: { testid: string; onSkip: () => void }) {
  return (
    <button type="button" class="btn plain wide" data-testid={testid} onClick={onSkip}>
      {t("act.skip")}
    </button>
  );
}

function SaveState({ saving }: { saving: StepProps["saving"] }) {
  return (
    <div role="alert">
      {saving.value === "failed" && (
        <Banner icon="alert" tone="bad" testid="save-failed">
          <WhyNotSaved />
        </Banner>
      )}
    </div>
  );
}
