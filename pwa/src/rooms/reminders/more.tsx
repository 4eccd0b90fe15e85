/** What most people leave as it is: once more, quiet hours, news, the words, an end. */
import type { ComponentChildren } from "preact";
import { type Chosen, isQuiet, NIGHT, type Quiet } from "../../reminding";
import { Page } from "../../ui/page";
import { goHome } from "../../ui/route";
import { t } from "../../words";
import type { RemindersProps } from "./index";
import { Calendar, Failed, useKeeping } from "./parts";
import { sayTime } from "./times";

const NUDGE_HOURS = [1, 2, 4] as const;
const HOUR_MIN = 60;
/** Quiet hours that can be chosen; those in which the reminder itself lies are not offered. */
const QUIETS: readonly Quiet[] = [
  NIGHT,
  { start: "22:00", end: "06:00" },
  { start: "20:00", end: "08:00" },
];

export function More(props: RemindersProps & { readonly chosen: Chosen }) {
  const { chosen, reminding } = props;
  const { hasFailed, keep } = useKeeping(reminding);
  const { nudge, quiet, notes, plain } = chosen;
  const { nudge: _, ...once } = chosen;
  const { quiet: __, ...loud } = chosen;
  const offered = QUIETS.filter((one) => !isQuiet(one, chosen.time));
  return (
    <Page canGoBack testid="remind-choices">
      <h1>{t("remind.more")}</h1>
      {hasFailed && <Failed />}
      <Question id="nudge" title={t("remind.nudge")}>
        <Answer testid="nudge-0" isOn={nudge === undefined} onTap={() => keep(once)}>
          {t("remind.nudgeNo")}
        </Answer>
        {NUDGE_HOURS.map((hours) => (
          <Answer
            key={hours}
            testid={`nudge-${hours}`}
            isOn={nudge === hours * HOUR_MIN}
            onTap={() => keep({ ...chosen, nudge: hours * HOUR_MIN })}
          >
            {t("remind.nudgeAfter", { n: hours })}
          </Answer>
        ))}
      </Question>
      <Question id="quiet" title={t("remind.quiet")}>
        <Answer testid="quiet-none" isOn={quiet === undefined} onTap={() => keep(loud)}>
          {t("remind.quietNo")}
        </Answer>
        {offered.map((one) => (
          <Answer
            key={one.start}
            testid={`quiet-${one.start}`}
            isOn={quiet?.start === one.start}
            onTap={() => keep({ ...chosen, quiet: one })}
          >
            {t("remind.quietFrom", { start: sayTime(one.start), end: sayTime(one.end) })}
          </Answer>
        ))}
      </Question>
      <Question id="notes" title={t("remind.notes")}>
        <Answer testid="notes-yes" isOn={notes} onTap={() => keep({ ...chosen, notes: true })}>
          {t("remind.yes")}
        </Answer>
        <Answer testid="notes-no" isOn={!notes} onTap={() => keep({ ...chosen, notes: false })}>
          {t("remind.notesNo")}
        </Answer>
      </Question>
      <Question id="plain" title={t("remind.plain")}>
        <Answer testid="plain-no" isOn={!plain} onTap={() => keep({ ...chosen, plain: false })}>
          {t("remind.plainNo")}
        </Answer>
        <Answer testid="plain-yes" isOn={plain} onTap={() => keep({ ...chosen, plain: true })}>
          {t("remind.plainYes")}
        </Answer>
      </Question>
      <Calendar {...props} />
      <button
        type="button"
        class="btn wide"
        data-testid="remind-off"
        onClick={() => {
          keep(undefined);
          goHome();
        }}
      >
        {t("remind.off")}
      </button>
    </Page>
  );
}

function Question(props: { id: string; title: string; children: ComponentChildren }) {
  return (
    <section class="stack">
      <h2 id={`remind-${props.id}`}>{props.title}</h2>
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset breaks the grid in older Chromium */}
      <div class="two-btn" role="group" aria-labelledby={`remind-${props.id}`}>
        {props.children}
      </div>
    </section>
  );
}

interface AnswerProps {
  readonly testid: string;
  readonly isOn: boolean;
  readonly onTap: () => void;
  readonly children: ComponentChildren;
}

function Answer({ testid, isOn, onTap, children }: AnswerProps) {
  return (
    <button type="button" class="btn" data-testid={testid} aria-pressed={isOn} onClick={onTap}>
      {children}
    </button>
  );
}
