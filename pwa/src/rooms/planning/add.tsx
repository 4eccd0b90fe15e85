/** A new patient: name, plan from a starter, then the link. Also the change of a plan. */
import { type Signal, useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import type { Care, Client, Opened, Plan, PlanInput } from "../../client";
import { exerciseName } from "../../library";
import { planFrom, STARTER_PLANS } from "../../library/starter";
import { Field } from "../../ui/field";
import { Figure } from "../../ui/figure/figure";
import { Icon } from "../../ui/icon";
import { Banner } from "../../ui/parts";
import { back, swap } from "../../ui/route";
import { t } from "../../words";
import { sayMoment } from "../../words/dates";
import { doseText } from "../dose";
import { Desk, nameOf } from "../therapist/desk";
import { rememberLink } from "../therapist/links";
import { soon } from "../therapist/soon";
import { PlanEditor } from "./editor";
import { Library } from "./library";
import { PainRuleCard } from "./rule";
import { When } from "./when";

const NAME_LETTERS_MAX = 80;
const TITLE_LETTERS_MAX = 80;

function starterPlan(id: string): PlanInput {
  const starter = STARTER_PLANS.find((each) => each.id === id) ?? STARTER_PLANS[0];
  if (!starter) throw new Error("no starter plan");
  return planFrom(starter, t(starter.title));
}

function isSame(plan: PlanInput, other: PlanInput): boolean {
  return JSON.stringify(plan) === JSON.stringify(other);
}

const Cards = soon<{ plan: Signal<PlanInput>; today: string }>(
  async () => (await import("../lessons/picker")).CardPicker,
);

type Saving = Signal<"" | "busy" | "missing" | "failed">;

export function AddPatient({ client }: { client: Client }) {
  const name = useSignal("");
  const starter = useSignal("knee");
  const plan = useSignal<PlanInput>(starterPlan("knee"));
  const saving: Saving = useSignal<"" | "busy" | "missing" | "failed">("");
  const save = async () => {
    if (saving.peek() === "busy") return;
    const trimmed = name.peek().trim();
    if (!trimmed || plan.peek().items.length === 0) {
      saving.value = "missing";
      return;
    }
    saving.value = "busy";
    try {
      const { circle, link } = await client.createPatient(trimmed, plan.peek());
      rememberLink(circle, link);
      swap({ room: "patient", circle });
    } catch {
      saving.value = "failed";
    }
  };
  const missing = saving.value === "missing" && !name.value.trim();
  return (
    <Desk
      canGoBack
      testid="add"
      title={t("add.title")}
      about={t("add.body")}
      acts={<SaveButton saving={saving} testid="patient-save" label={t("add.save")} save={save} />}
    >
      <Trouble saving={saving} client={client} />
      <Workbench plan={plan} today={client.today.value}>
        <section class="card stack-l">
          <Field
            id="patient-name"
            label={t("add.name")}
            value={name}
            max={NAME_LETTERS_MAX}
            error={missing ? t("add.nameMissing") : ""}
          />
          <Starters chosen={starter} plan={plan} />
        </section>
      </Workbench>
    </Desk>
  );
}

interface StartersProps {
  readonly chosen: Signal<string>;
  readonly plan: Signal<PlanInput>;
}

/** Plans to begin with; one that was changed is not dropped without asking. */
function Starters({ chosen, plan }: StartersProps) {
  const asked = useSignal("");
  const take = (id: string) => {
    chosen.value = id;
    plan.value = starterPlan(id);
    asked.value = "";
  };
  const pick = (id: string) => {
    if (id === chosen.peek()) asked.value = "";
    else if (isSame(plan.peek(), starterPlan(chosen.peek()))) take(id);
    else asked.value = id;
  };
  return (
    <div class="stack">
      <p class="kicker">{t("add.template")}</p>
      {/* biome-ignore lint/a11y/useSemanticElements: buttons that press, as everywhere else */}
      <div class="row wrap" role="group" aria-label={t("add.template")}>
        {STARTER_PLANS.map(({ id, title }) => (
          <button
            type="button"
            class="btn"
            data-testid={`starter-${id}`}
            aria-pressed={chosen.value === id}
            onClick={() => pick(id)}
          >
            {t(title)}
          </button>
        ))}
      </div>
      <div role="alert" class="stack">
        {asked.value !== "" && (
          <>
            <p class="strong">{t("add.edited")}</p>
            <button
              type="button"
              class="btn wide"
              data-testid="starter-keep"
              onClick={() => {
                asked.value = "";
              }}
            >
              {t("add.keep")}
            </button>
            <button
              type="button"
              class="btn wide danger"
              data-testid="starter-drop"
              onClick={() => take(asked.peek())}
            >
              {t("add.drop", { plan: starterPlan(asked.value).title })}
            </button>
          </>
        )}
      </div>
      <p class="small soft">{t("add.draft")}</p>
    </div>
  );
}

interface WorkbenchProps {
  readonly plan: Signal<PlanInput>;
  readonly today: string;
  /** Whether there was a plan before. */
  readonly isChange?: boolean;
  /** What is asked before the exercises. */
  readonly children: ComponentChildren;
}

/** All that a plan says: on a small screen one below the other, else library, plan and the rest. */
function Workbench({ plan, today, isChange = false, children }: WorkbenchProps) {
  const open = useSignal<number | undefined>(undefined);
  return (
    <div class="cols bench">
      <div class="stack-l">{children}</div>
      <PlanEditor plan={plan} open={open} />
      <Library plan={plan} open={open} />
      <div class="stack-l rest">
        <Preview plan={plan} at={open.value ?? 0} />
        <PainRuleCard plan={plan} />
        <When plan={plan} />
        {isChange && <Why plan={plan} />}
      </div>
      <div class="cards">
        <Cards plan={plan} today={today} />
      </div>
    </div>
  );
}

/** An exercise as the patient will see it. */
function Preview({ plan, at }: { plan: Signal<PlanInput>; at: number }) {
  const item = plan.value.items[at];
  if (!item) return null;
  return (
    <div class="stage">
      <p class="kicker">{t("plan.asSeen")}</p>
      <Figure exercise={item.exercise} side={item.side} pose="pair" />
      <p class="strong">{exerciseName(item.exercise)}</p>
      <p class="small soft">{doseText(item)}</p>
    </div>
  );
}

interface HeadsProps {
  readonly heads: readonly Opened<Plan>[];
  readonly today: string;
  readonly onPick: (plan: Plan) => void;
}

/** Plans that were written at once: from which one to go on. Saving replaces them all. */
function Heads({ heads, today, onPick }: HeadsProps) {
  const chosen = useSignal(heads.at(-1)?.id);
  return (
    <section class="card stack" data-testid="plan-heads">
      <h2>{t("plan.which")}</h2>
      <p class="soft small">{t("plan.two")}</p>
      {heads.map(({ id, value }) => (
        <button
          type="button"
          class="btn wide"
          key={id}
          data-testid="plan-head"
          aria-pressed={chosen.value === id}
          onClick={() => {
            chosen.value = id;
            onPick(value);
          }}
        >
          <span class="grow">
            <span dir="auto">{value.title}</span>
            <span class="small below">
              {t("plan.headOf", { n: value.items.length, when: sayMoment(value.at, today) })}
            </span>
          </span>
        </button>
      ))}
    </section>
  );
}

const REASONS = ["progress", "too_hard", "pain", "other"] as const;

/** Why a plan is changed, by one tap; a second tap takes it back. */
function Why({ plan }: { plan: Signal<PlanInput> }) {
  const { reason, ...bare } = plan.value;
  return (
    <section class="card stack" data-testid="plan-why">
      <h2>{t("plan.whyAsk")}</h2>
      {/* biome-ignore lint/a11y/useSemanticElements: buttons that press, as everywhere else */}
      <div class="row wrap" role="group" aria-label={t("plan.whyAsk")}>
        {REASONS.map((each) => (
          <button
            type="button"
            class="btn"
            key={each}
            data-testid={`plan-why-${each}`}
            aria-pressed={reason === each}
            onClick={() => {
              plan.value = reason === each ? bare : { ...bare, reason: each };
            }}
          >
            <span class="cap">{t(`changed.${each}`)}</span>
          </button>
        ))}
      </div>
    </section>
  );
}

interface SaveProps {
  readonly saving: Saving;
  readonly testid: string;
  readonly label: string;
  readonly save: () => Promise<void>;
}

function SaveButton({ saving, testid, label, save }: SaveProps) {
  const busy = saving.value === "busy";
  return (
    <button
      type="button"
      class="btn act save-act"
      data-testid={testid}
      aria-disabled={busy}
      onClick={() => void save()}
    >
      <Icon name="check" />
      {busy ? t("wait.moment") : label}
    </button>
  );
}

function Trouble({ saving, client }: { saving: Saving; client: Client }) {
  const offline = client.sync.value.state === "offline";
  return (
    <div role="alert" class="trouble">
      {saving.value === "failed" && (
        <Banner icon={offline ? "nonet" : "alert"} tone="warn" testid="save-failed">
          <p>{t("add.failed", { why: t(offline ? "add.failedNet" : "add.failedOther") })}</p>
        </Banner>
      )}
    </div>
  );
}

/** All that a plan says, without what is said of every record, and of its own change. */
function contentOf({
  type: _,
  lam: _l,
  at: _a,
  tz_min: _t,
  off_s: _o,
  reason: _r,
  ...content
}: Plan): PlanInput {
  return content;
}

/** The plan of a patient, changed: the new version replaces every head it was made from. */
export function ChangePlan({ client, care }: { client: Client; care: Care }) {
  const heads = care.plans.value;
  const newest = heads.at(-1)?.value;
  const plan = useSignal<PlanInput>(
    newest
      ? {
          ...contentOf(newest),
          parents: heads.map(({ id }) => id),
        }
      : starterPlan("knee"),
  );
  const title = useSignal(plan.peek().title);
  const pick = (picked: Plan) => {
    plan.value = { ...contentOf(picked), parents: plan.peek().parents };
    title.value = picked.title;
  };
  const saving: Saving = useSignal<"" | "busy" | "missing" | "failed">("");
  const save = async () => {
    if (saving.peek() === "busy" || plan.peek().items.length === 0) return;
    saving.value = "busy";
    try {
      await client.writePlan(care.circle, {
        ...plan.peek(),
        title: title.peek().trim() || plan.peek().title,
      });
      back();
    } catch {
      saving.value = "failed";
    }
  };
  return (
    <Desk
      canGoBack
      testid="plan"
      title={t("plan.title", { name: nameOf(care) })}
      acts={<SaveButton saving={saving} testid="plan-save" label={t("plan.save")} save={save} />}
    >
      <Trouble saving={saving} client={client} />
      <Workbench plan={plan} today={client.today.value} isChange={newest !== undefined}>
        {heads.length > 1 && <Heads heads={heads} today={client.today.value} onPick={pick} />}
        <section class="card">
          <Field id="plan-name" label={t("plan.name")} value={title} max={TITLE_LETTERS_MAX} />
        </section>
      </Workbench>
    </Desk>
  );
}
