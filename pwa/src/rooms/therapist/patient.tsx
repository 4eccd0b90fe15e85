/** One patient: pain over days, sessions, notes, plan, and the link as long as it is needed. */

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Care, Client } from "../../client";
import { exerciseName } from "../../library";
import { PainChart } from "../../ui/chart";
import { Field } from "../../ui/field";
import { Figure } from "../../ui/figure/figure";
import { Icon } from "../../ui/icon";
import { lookedAt } from "../../ui/looked";
import { AsksBanner, AwaitedBanner, CheckingBanner, NetBanner } from "../../ui/net";
import { Banner, PlaceChip } from "../../ui/parts";
import { go } from "../../ui/route";
import { t } from "../../words";
import { daysToShow, painDays } from "../days";
import { doseText } from "../dose";
import { Checks } from "./checks";
import { Desk, nameOf } from "./desk";
import { Invitation } from "./invite";
import { toldCount, toldList } from "./patients";
import { READY_DAYS, READY_LEAST, readyFor } from "./ready";
import { Sessions } from "./sessions";
import { Since } from "./since";
import { Progress, Talk } from "./soon";
import { WishCard } from "./wish";

const CHART_DAYS = { least: 14, most: 42 };
/** Letters of a note, as the record allows. */
const NOTE_LETTERS_MAX = 4000;

export function Patient({ client, care }: { client: Client; care: Care }) {
  const told = toldCount(care);
  useEffect(() => lookedAt(toldList(client, care), told), [told]);
  const plan = care.plans.value.at(-1)?.value;
  return (
    <Desk
      canGoBack
      testid="patient"
      title={nameOf(care)}
      about={[plan?.title, t("patient.report")].filter(Boolean).join(" · ")}
    >
      <div class="cols two">
        <div class="stack-l">
          <NetBanner sync={client.sync.value} />
          {care.checking.value && <CheckingBanner />}
          {care.awaited.value && <AwaitedBanner />}
          {care.asking.value > 0 && <AsksBanner care={care} />}
          {!care.joined.value && <Invitation client={client} care={care} />}
          <Checks client={client} care={care} />
          <WishCard client={client} care={care} />
          <Since client={client} care={care} />
          <ReadyCard client={client} care={care} />
          <Chart client={client} care={care} />
          <Sessions client={client} care={care} />
          <Progress client={client} care={care} />
        </div>
        <div class="stack-l">
          <WriteNote client={client} care={care} />
          <Talk client={client} care={care} />
          <PlanCard care={care} />
          <MembersCard care={care} />
        </div>
      </div>
    </Desk>
  );
}

/** What speaks for a plan that asks for more, and by which rule it is said. */
function ReadyCard({ client, care }: CareProps) {
  const ready = readyFor(care, client.today.value);
  if (!ready) return null;
  const { days, worst } = ready;
  return (
    <section class="card stack" data-testid="ready">
      <h2>{t("ready.title")}</h2>
      <p>{t("ready.why", { n: days, all: READY_DAYS, worst })}</p>
      <p class="soft small">{t("ready.rule", { n: READY_LEAST })}</p>
    </section>
  );
}

/** Who can read this patient's records, and letting somebody in. */
function MembersCard({ care }: { care: Care }) {
  return (
    <button
      type="button"
      class="btn wide"
      data-testid="open-members"
      onClick={() => go({ room: "members", circle: care.circle })}
    >
      <Icon name="group" />
      {t("today.members")}
    </button>
  );
}

interface CareProps {
  readonly client: Client;
  readonly care: Care;
}

function Chart({ client, care }: CareProps) {
  const sessions = care.sessions.value;
  const pains = care.pains.value;
  if (sessions.length === 0 && pains.length === 0) {
    return (
      <section class="chart">
        <p class="soft">{t("chart.none")}</p>
      </section>
    );
  }
  const today = client.today.value;
  const count = daysToShow(sessions, pains, today, CHART_DAYS);
  return <PainChart days={painDays(sessions, pains, today, count)} />;
}

function WriteNote({ client, care }: CareProps) {
  const text = useSignal("");
  const state = useSignal<"" | "busy" | "saved" | "empty" | "failed">("");
  const save = async (event: Event) => {
    event.preventDefault();
    if (state.peek() === "busy") return;
    const trimmed = text.peek().trim();
    if (!trimmed) {
      state.value = "empty";
      return;
    }
    state.value = "busy";
    try {
      await client.writeNote(care.circle, trimmed);
      text.value = "";
      state.value = "saved";
    } catch {
      state.value = "failed";
    }
  };
  return (
    <form class="card" onSubmit={(event) => void save(event)}>
      <h2>{t("patient.note")}</h2>
      <Field
        id="note-text"
        label={t("patient.noteFor", { name: nameOf(care) })}
        value={text}
        max={NOTE_LETTERS_MAX}
        error={state.value === "empty" && !text.value.trim() ? t("patient.noteEmpty") : ""}
        long
      />
      <button
        type="submit"
        class="btn"
        data-testid="note-save"
        aria-disabled={state.value === "busy"}
      >
        <Icon name="check" />
        {t("patient.noteSave")}
      </button>
      <div role="status" aria-live="polite">
        {state.value === "saved" && <p class="small">{t("patient.noteSaved")}</p>}
      </div>
      <div role="alert">
        {state.value === "failed" && (
          <Banner icon="alert" tone="bad" testid="save-failed">
            <p>{t("log.failed")}</p>
          </Banner>
        )}
      </div>
    </form>
  );
}

function PlanCard({ care }: { care: Care }) {
  const plans = care.plans.value;
  const newest = plans.at(-1);
  return (
    <section class="card">
      <h2>{t("patient.plan")}</h2>
      {plans.length > 1 && (
        <Banner icon="alert" tone="warn" testid="two-plans">
          <p>{t("plan.two")}</p>
        </Banner>
      )}
      {newest ? (
        <>
          <p class="row wrap">
            <span class="grow soft">{t("plan.week", { n: newest.value.days_per_week })}</span>
            <PlaceChip place={newest.place} />
          </p>
          {newest.value.reason && (
            <p class="soft" data-testid="plan-reason">
              {t("plan.why", { why: t(`changed.${newest.value.reason}`) })}
            </p>
          )}
          <ol class="list">
            {newest.value.items.map((item) => (
              <li class="row pad0">
                <div class="thumb">
                  <Figure exercise={item.exercise} side={item.side} />
                </div>
                <span class="grow">
                  <strong>{exerciseName(item.exercise)}</strong>
                  <br />
                  <span class="soft small num">{doseText(item)}</span>
                </span>
              </li>
            ))}
          </ol>
        </>
      ) : (
        <p class="soft">{t("plan.none")}</p>
      )}
      <button
        type="button"
        class="btn wide"
        data-testid="plan-change"
        onClick={() => go({ room: "plan", circle: care.circle })}
      >
        <Icon name="edit" />
        {t("plan.change")}
      </button>
    </section>
  );
}
