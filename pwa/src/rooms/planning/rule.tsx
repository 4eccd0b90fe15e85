/** The rule of the traffic light. */
import type { Signal } from "@preact/signals";
import type { PlanInput } from "../../client";
import { PAIN_RULE } from "../../library/starter";
import type { PainRule } from "../../records.gen";
import { Icon } from "../../ui/icon";
import { Lamp } from "../../ui/lamp";
import { t, type WordId } from "../../words";
import { type Bounds, Stepper } from "./stepper";

/** The rule of the traffic light: on or off, and its bounds, which never cross. */
function PainRuleEditor({ plan }: { plan: Signal<PlanInput> }) {
  const { pain_rule: rule, ...bare } = plan.value;
  const put = (next: Partial<PainRule>) => {
    plan.value = { ...bare, pain_rule: { ...PAIN_RULE, ...rule, ...next } };
  };
  const bounds = rule && {
    go: [0, rule.slow_max, 1] as const,
    slow: [rule.go_max, 10, 1] as const,
    usual: rule.usual ?? rule.go_max,
  };
  return (
    <>
      <button
        type="button"
        class="btn"
        role="switch"
        aria-checked={rule !== undefined}
        data-testid="rule-use"
        onClick={() => {
          if (rule) plan.value = bare;
          else put({});
        }}
      >
        <Icon name={rule ? "check" : "plus"} size="s" />
        {t("plan.ruleUse")}
      </button>
      <p class="soft small">{t("plan.ruleWhen")}</p>
      {rule && bounds && (
        <div class="dose">
          <RuleStep
            id="plan.ruleGoMax"
            value={rule.go_max}
            bounds={bounds.go}
            put={(n) => put({ go_max: n })}
          />
          <RuleStep
            id="plan.ruleSlowMax"
            value={rule.slow_max}
            bounds={bounds.slow}
            put={(n) => put({ slow_max: n })}
          />
          <RuleStep
            id="plan.ruleUsual"
            value={bounds.usual}
            bounds={[0, 10, 1]}
            put={(n) => put({ usual: n })}
          />
        </div>
      )}
    </>
  );
}

interface RuleStepProps {
  readonly id: WordId;
  readonly value: number;
  readonly bounds: Bounds;
  readonly put: (value: number) => void;
}

function RuleStep({ id, value, bounds, put }: RuleStepProps) {
  return <Stepper label={t(id)} of={t("plan.rule")} value={value} bounds={bounds} onChange={put} />;
}

export function PainRuleCard({ plan }: { plan: Signal<PlanInput> }) {
  const rule = plan.value.pain_rule;
  return (
    <section class="card" data-testid="pain-rule">
      <h2>{t("plan.rule")}</h2>
      <PainRuleEditor plan={plan} />
      {rule ? (
        <div class="stack">
          <p class="row">
            <Lamp light="go" size="s" />
            {t("plan.ruleGo", { go: rule.go_max })}
          </p>
          <p class="row">
            <Lamp light="slow" size="s" />
            {t("plan.ruleSlow", { from: rule.go_max + 1, slow: rule.slow_max })}
          </p>
          <p class="row">
            <Lamp light="stop" size="s" />
            {t("plan.ruleStop", { slow: rule.slow_max })}
          </p>
        </div>
      ) : (
        <p class="soft">{t("plan.ruleOff")}</p>
      )}
    </section>
  );
}
