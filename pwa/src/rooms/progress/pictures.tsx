/** The three pictures of progress, for the person and for the therapist: the same numbers. */
import type { Care, Client } from "../../client";
import { PainChart } from "../../ui/chart";
import { Icon } from "../../ui/icon";
import { number, t } from "../../words";
import { daysToShow, painDays } from "../days";
import { otherName } from "../messages/thread";
import type { Verdict } from "./progress";
import { type GoalLine, painCourse, pegOf, type Week, weekOf } from "./reading";

interface PictureProps {
  readonly client: Client;
  readonly care: Care;
}

/** One sentence: what pain says, to the person or, on the desk, about them. */
export function painSays(care: Care, isDesk = false): string {
  const course = painCourse(care);
  if (course === undefined) return t(isDesk ? "better.deskFew" : "better.few");
  const said = { from: course.first, to: course.last };
  if (course.by_start === "better") return t("better.good", said);
  if (course.by_start === "worse") {
    if (isDesk) return t("better.deskBad", said);
    return t("better.bad", { ...said, name: otherName(care) });
  }
  return t("better.even", said);
}

/** Pain over days; a gap is a gap, zero is drawn. */
export function PainLine({ client, care }: PictureProps) {
  const today = client.today.value;
  const sessions = care.sessions.value;
  const pains = care.pains.value;
  if (sessions.length + pains.length === 0) return <p class="soft">{t("chart.none")}</p>;
  const count = daysToShow(sessions, pains, today, { least: 14, most: 42 });
  return (
    <>
      <PainChart days={painDays(sessions, pains, today, count)} reads />
      <PainRules care={care} />
    </>
  );
}

/** Both rules, and which one counts. */
export function PainRules({ care }: { care: Care }) {
  const course = painCourse(care);
  if (course === undefined) return null;
  const { by_points, by_start, first, need } = course;
  return (
    <details class="card rules" data-testid="rules">
      <summary>{t("better.how")}</summary>
      <ul class="list">
        <li data-testid="rule-start" data-verdict={by_start}>
          {t("better.byStart", { n: need, from: first, verdict: counts(by_start) })}
          <strong> {t("better.used")}</strong>
        </li>
        <li data-testid="rule-points" data-verdict={by_points}>
          {t("better.byPoints", { verdict: counts(by_points) })}
        </li>
      </ul>
      <p class="soft small">{t("better.middle")}</p>
    </details>
  );
}

function Encouraged({ left }: { left: number }) {
  return <>{left > 0 ? t("better.daysMore", { n: left }) : t("better.daysAll")}</>;
}

function counts(verdict: Verdict): string {
  return t(verdict === "same" ? "better.countsNot" : "better.counts");
}

/** Days done of the days wanted; what was done beyond stands apart. */
export function DaysRing({ client, care, isDesk = false }: PictureProps & { isDesk?: boolean }) {
  const week = weekOf(care, client.today.value);
  if (week === undefined) return null;
  const { done, wanted, over } = week;
  return (
    <section class="card" data-testid="days-ring">
      <h2>{t("better.days")}</h2>
      <div class="row wrap">
        <Ring week={week} />
        <p class="grow">
          {t("better.daysOf", { n: done, all: wanted })}
          <br />
          {over > 0 && t("better.daysOver", { n: over })}
          {over === 0 && !isDesk && <Encouraged left={wanted - done} />}
        </p>
      </div>
    </section>
  );
}

const MIDDLE = 52;
const RADIUS = 40;

function Ring({ week: { done, wanted, over } }: { week: Week }) {
  const label = t("better.daysOf", { n: done, all: wanted });
  return (
    <svg class="ring" viewBox="0 0 104 104" role="img" aria-label={label}>
      {Array.from({ length: wanted }, (_, at) => {
        const turn = (2 * Math.PI * at) / wanted - Math.PI / 2;
        const x = MIDDLE + RADIUS * Math.cos(turn);
        const y = MIDDLE + RADIUS * Math.sin(turn);
        return <circle class={at < done ? "done" : ""} cx={x} cy={y} r="10" />;
      })}
      <text x={MIDDLE} y="64" text-anchor="middle">
        {number(done + over)}
      </text>
    </svg>
  );
}

const TOP = 10;
const RUNGS = [TOP, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0];

/** Eleven rungs, worded where it began, where it is and at the top; the others only tell how far. */
export function Ladder({ line }: { line: GoalLine }) {
  const { first, last } = line;
  if (first === undefined || last === undefined) return null;
  const label = t("better.goalLabel", { first, last });
  return (
    <div role="img" aria-label={label} data-testid="ladder" data-first={first} data-last={last}>
      <ol class="ladder" aria-hidden="true">
        {RUNGS.map((rung) => (
          <li key={rung} class={rung === last ? "now" : rung < last ? "done" : ""}>
            {rung === last ? (
              <>
                <Icon name="person" size="s" />
                {t("better.goalLast", { n: last })}
              </>
            ) : rung === first ? (
              t("better.goalFirst", { n: first })
            ) : (
              rung === TOP && `${number(TOP)} ${t("better.goalHigh")}`
            )}
          </li>
        ))}
      </ol>
    </div>
  );
}

/** The weekly questions in one line. */
export function pegSays(care: Care, today: string): string {
  const { first, last, count } = pegOf(care, today);
  if (first === undefined || last === undefined) return "";
  return count < 2
    ? t("better.pegOne", { to: tenths(last) })
    : t("better.pegMean", { from: tenths(first), to: tenths(last) });
}

function tenths(mean: number): string {
  return number(mean / 10);
}
