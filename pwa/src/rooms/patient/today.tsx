/** Today: the plan, how far one is, this morning, a note, and the one next step. */
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Care, Client, Opened, Plan } from "../../client";
import { exerciseName } from "../../library";
import type { PlanItem } from "../../records.gen";
import { Empty } from "../../ui/empty";
import { Figure, hasFigure } from "../../ui/figure/figure";
import { minutesOf } from "../../ui/figure/tempo";
import { Icon } from "../../ui/icon";
import { isOnHomeScreen } from "../../ui/install";
import { AsksBanner, AwaitedBanner, CheckingBanner, NetBanner } from "../../ui/net";
import { Page } from "../../ui/page";
import { Banner, Joints, painText } from "../../ui/parts";
import { go } from "../../ui/route";
import { t } from "../../words";
import { dayOf, sayDay, sayTimeThere, sayWeekday } from "../../words/dates";
import { doneOn, morningOf } from "../days";
import { doseText } from "../dose";
import { type Said, unheard } from "../talk";
import { type Draft, draftOf, filled, keepAndGo } from "./draft";
import { LinkRow } from "./link-row";

export interface PatientProps {
  readonly client: Client;
  readonly care: Care;
}

/** The plan the screens follow: the newest head; of two written at once the one written later. */
export function planOf(care: Care): Opened<Plan> | undefined {
  return [...care.plans.value].sort((a, b) => a.value.lam - b.value.lam).at(-1);
}

/** The therapist's name inside a sentence, or "your therapist". */
export function therapistName(care: Care): string {
  return care.therapist.value || t("who.therapist");
}

interface Step {
  readonly item: PlanItem;
  readonly state: "done" | "tooHard" | "open";
}

function stepsOf(items: readonly PlanItem[], draft: Draft, saved: ReadonlySet<string>): Step[] {
  return items.map((item, at) => {
    const answer = draft.answers.get(at);
    if (answer?.reason === "too_hard") return { item, state: "tooHard" };
    const full = answer !== undefined && answer.sets_done >= item.sets;
    return { item, state: full || saved.has(item.exercise) ? "done" : "open" };
  });
}

export function Today({ client, care }: PatientProps) {
  const today = client.today.value;
  const plan = planOf(care);
  const draft = draftOf(care.circle, today);
  const items = plan?.value.items ?? [];
  const saved = plan ? doneOn(care.sessions.value, today, plan.value) : new Set<string>();
  const steps = stepsOf(items, draft, saved);
  const next = steps.findIndex(({ state }) => state === "open");
  const isOpen = !care.isOut.value && care.closedAt.value === 0;
  return (
    <Page
      testid="today"
      isWide
      foot={plan && isOpen && <Foot care={care} draft={draft} steps={steps} next={next} />}
    >
      <div class="stack">
        <p class="soft strong">{sayWeekday(today)}</p>
        <h1>{plan ? t("today.title", { n: items.length }) : t("today.noPlan")}</h1>
        {plan && <Progress steps={steps} next={next} />}
      </div>
      <div class="aside">
        <NetBanner sync={client.sync.value} />
        <Own client={client} care={care} at="top" />
        <Banners client={client} care={care} />
        <First client={client} care={care} />
        <NoteCard client={client} care={care} />
        {isOpen && (plan || care.awaited.value) && <MorningCard client={client} care={care} />}
      </div>
      {plan ? (
        <ol class="card list thing">
          {steps.map((step, at) => (
            <ExerciseRow step={step} at={at} isNext={at === next} />
          ))}
        </ol>
      ) : (
        <div class="thing">
          <Empty icon="calendar" title={t("wait.moment")}>
            <p class="soft">{t("today.noPlanBody")}</p>
          </Empty>
        </div>
      )}
      <Links client={client} care={care} />
    </Page>
  );
}

/** What is the matter today, said once. */
function Banners({ client, care }: PatientProps) {
  return (
    <>
      {care.checking.value && <CheckingBanner />}
      {care.awaited.value && <AwaitedBanner />}
      {care.isOut.value && (
        <Banner icon="alert" tone="warn" testid="today-out">
          <p>{t("today.out")}</p>
        </Banner>
      )}
      <DueBanner client={client} />
      {care.asking.value > 0 && <AsksBanner care={care} />}
      {care.plans.value.length > 1 && (
        <Banner icon="alert" tone="warn">
          {t("today.twoPlans", { name: therapistName(care) })}
        </Banner>
      )}
    </>
  );
}

/** What is done once, before the exercises as long as it is not: the notice, the app on the phone. */
function First({ client, care }: PatientProps) {
  return (
    <div class="card list">
      <Own client={client} care={care} at="first" />
      {care.sessions.value.length === 0 && !isOnHomeScreen() && (
        <LinkRow icon="phone" label={t("today.install")} to={{ room: "install" }} />
      )}
    </div>
  );
}

/** In the place of a message, where this phone may show none. */
function DueBanner({ client }: { client: Client }) {
  const { due } = client.reminder.value;
  if (due === "") return null;
  const [hours = 0, minutes = 0] = due.split(":").map(Number);
  const time = sayTimeThere((hours * 60 + minutes) * 60, 0);
  return (
    <Banner icon="clock" testid="today-due">
      <p>{t("today.due", { time })}</p>
    </Banner>
  );
}

/** Above the exercises: what stands, what is asked once; or among the ways to other rooms. */
export type OwnPlace = "top" | "first" | "end";

const own = signal<Awaited<ReturnType<typeof import("../record/today-card").ownCard>> | undefined>(
  undefined,
);

/** What today shows of one's own record; it may come a little later. */
function Own(props: PatientProps & { readonly at: OwnPlace }) {
  const Card = own.value;
  useEffect(() => {
    const fetch = async () => {
      own.value ??= await (await import("../record/today-card")).ownCard();
    };
    fetch().catch(() => undefined);
  }, []);
  return Card ? <Card {...props} /> : null;
}

function Progress({ steps, next }: { steps: readonly Step[]; next: number }) {
  const done = steps.filter(({ state }) => state !== "open").length;
  const open = steps.filter(({ state }) => state === "open").map(({ item }) => item);
  const line =
    open.length === 0
      ? t("today.progressAll", { all: steps.length })
      : t("today.progress", { done, all: steps.length, minutes: minutesOf(open) });
  return (
    <>
      <Joints
        count={steps.length}
        now={next}
        done={(i) => steps[i]?.state !== "open"}
        label={line}
      />
      <p>{line}</p>
    </>
  );
}

function ExerciseRow({ step, at, isNext }: { step: Step; at: number; isNext: boolean }) {
  const { item, state } = step;
  return (
    <li>
      <button
        type="button"
        class="ex"
        data-testid={`exercise-${at}`}
        onClick={() => go({ room: "exercise", at })}
      >
        <span class="thumb">
          {hasFigure(item.exercise) ? (
            <Figure exercise={item.exercise} side={item.side} pose={1} />
          ) : (
            <Icon name="person" size="l" />
          )}
        </span>
        <span class="grow">
          <span class="strong">{exerciseName(item.exercise)}</span>
          <br />
          <span class="soft num">{doseText(item)}</span>
        </span>
        <Tick state={state} isNext={isNext} />
      </button>
    </li>
  );
}

function Tick({ state, isNext }: { state: Step["state"]; isNext: boolean }) {
  if (state === "open") {
    return <span class={`tick ${isNext ? "now" : ""}`}>{isNext && <Icon name="next" />}</span>;
  }
  return (
    <span class={`tick ${state === "done" ? "done" : "hard"}`}>
      <Icon name={state === "done" ? "check" : "down"} />
      <span class="vh">{t(state === "done" ? "today.done" : "today.tooHard")}</span>
    </span>
  );
}

function MorningCard({ client, care }: PatientProps) {
  const morning = morningOf(care.pains.value, client.today.value);
  return (
    <button
      type="button"
      class="card row act-row"
      data-testid="morning-open"
      onClick={() => go({ room: "morning" })}
    >
      <Icon name="today" />
      <span class="grow strong">{t("today.morning")}</span>
      {morning ? (
        <span class="chip plain" data-testid="morning-answer">
          <Icon name="check" size="s" />
          {painChip(morning.value.score)}
        </span>
      ) : (
        <Icon name="next" />
      )}
    </button>
  );
}

function painChip(score: number | "not_said"): string {
  return typeof score === "number" && score > 0 ? t("pain.chip", { n: score }) : painText(score);
}

/** The newest that the therapist has said, as long as nobody has heard it. */
function NoteCard({ client, care }: PatientProps) {
  const newest = unheard(care).at(-1);
  if (!newest) return null;
  return (
    <button
      type="button"
      class="card note-card"
      data-testid="note-card"
      onClick={() => go({ room: "messages" })}
    >
      <span class="kicker row">
        <Icon name="message" size="s" />
        {noteFrom(newest, care, client.today.value)}
      </span>
      <span dir="auto">{shortened(newest.value.text ?? t("today.voice"))}</span>
    </button>
  );
}

function noteFrom({ value }: Said, care: Care, today: string): string {
  const day = sayDay(dayOf(value.at, value.tz_min), today);
  return t("today.noteFrom", { name: care.therapist.value || t("who.therapistStart"), day });
}

const CARD_LETTERS_MAX = 160;

function shortened(text: string): string {
  if (text.length <= CARD_LETTERS_MAX) return text;
  const cut = text.slice(0, CARD_LETTERS_MAX);
  return `${cut.slice(0, cut.lastIndexOf(" ") + 1 || cut.length).trimEnd()}…`;
}

function Links({ client, care }: PatientProps) {
  const { unsent } = client.sync.value;
  const news = unheard(care).length;
  return (
    <nav class="card list">
      <LinkRow
        icon="message"
        label={t("today.messages")}
        to={{ room: "messages" }}
        end={news > 0 ? t("today.newCount", { n: news }) : ""}
      />
      <LinkRow icon="chart" label={t("today.better")} to={{ room: "better" }} />
      {planOf(care)?.value.lessons && (
        <LinkRow icon="listen" label={t("today.cards")} to={{ room: "cards" }} />
      )}
      <LinkRow icon="calendar" label={t("today.days")} to={{ room: "days" }} />
      <Own client={client} care={care} at="end" />
      <LinkRow
        icon="more"
        label={t("today.more")}
        to={{ room: "more" }}
        end={unsent > 0 ? t("today.waiting", { n: unsent }) : ""}
      />
    </nav>
  );
}

interface FootProps {
  readonly care: Care;
  readonly draft: Draft;
  readonly steps: readonly Step[];
  readonly next: number;
}

/** One main step; beside it the short way for those who did their exercises without the phone. */
function Foot({ draft, steps, next }: FootProps) {
  const items = steps.map(({ item }) => item);
  // After a kill in the middle of the questions the one that was reached is asked next.
  const { step = "pain" } = draft;
  const tellAll = () =>
    draft.begun
      ? go({ room: "log", step })
      : void keepAndGo(filled(draft, items), { room: "log", step: "pain" });
  const tell = () => go({ room: "log", step: "done" });
  const open = steps[next]?.item;
  const answered = draft.answers.size > 0;
  if (draft.begun || (!open && answered)) {
    return (
      <>
        {draft.begun && (
          <button type="button" class="btn wide" data-testid="log-start" onClick={tell}>
            {t("today.notAll")}
          </button>
        )}
        <button type="button" class="btn main-act" data-testid="done-all" onClick={tellAll}>
          {t("today.finish")}
          <Icon name="next" />
        </button>
      </>
    );
  }
  if (!open) {
    return (
      <>
        <p class="strong today-saved">
          <Icon name="check" />
          {t("today.saved")}
        </p>
        <button type="button" class="btn wide" data-testid="log-start" onClick={tell}>
          {t("today.again")}
        </button>
      </>
    );
  }
  const begun = steps.some(({ state }) => state !== "open");
  const isFirst = !begun && draft.before === undefined;
  return (
    <>
      <div class="two-btn">
        <button type="button" class="btn" data-testid="done-all" onClick={tellAll}>
          <Icon name="check" />
          {t("today.allDone")}
        </button>
        <button type="button" class="btn" data-testid="log-start" onClick={tell}>
          {t("today.notAll")}
        </button>
      </div>
      <button
        type="button"
        class="btn main-act"
        data-testid="exercise-start"
        onClick={() =>
          go(isFirst ? { room: "log", step: "before" } : { room: "exercise", at: next })
        }
      >
        <Icon name="play" />
        {t(begun ? "today.goOn" : "today.start", { exercise: exerciseName(open.exercise) })}
      </button>
    </>
  );
}
