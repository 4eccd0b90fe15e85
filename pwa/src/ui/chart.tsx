/**
 * Pain over days, drawn by hand: a disc and a line during exercise, a square and dashes for the
 * morning after. A gap was not asked, a cross was not said, zero is a mark on the ground line.
 */
import "./styles/chart.css";
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { PainDay } from "../rooms/days";
import { addWords, number, t } from "../words";
import { sayDate } from "../words/dates";
import { enDays } from "../words/en-days";
import { type Mark, marksOf, runsOf, spokenSeries } from "./chart-lines";

addWords(enDays);

/** Drawn at the width of the page, so that its words keep the size the person chose. */
const WIDTH_FIRST = 320;
const HEIGHT = 190;
const TOP = 16;
const GROUND = 142;
const CROSSES = 158;
const LEFT = 34;
const RIGHT = 12;

interface PainChartProps {
  readonly days: readonly PainDay[];
  /** Explains gap and cross in a sentence, for patients. */
  readonly reads?: boolean;
}

export function PainChart({ days, reads = false }: PainChartProps) {
  const during = marksOf(days.map((day) => day.during));
  const morning = marksOf(days.map((day) => day.morning));
  const box = useRef<HTMLElement>(null);
  const width = useWidth(box);
  const x = (at: number): number =>
    LEFT + 8 + (days.length < 2 ? 0 : (at * (width - LEFT - RIGHT - 16)) / (days.length - 1));
  const y = (score: number): number => GROUND - (score * (GROUND - TOP)) / 10;
  const label = t("chart.label", { during: spoken(during), morning: spoken(morning) });
  return (
    <section class="chart" ref={box} aria-label={t("chart.title", { n: days.length })}>
      <h2>{t("chart.title", { n: days.length })}</h2>
      <Key reads={reads} />
      <svg
        viewBox={`0 0 ${width} ${HEIGHT}`}
        role="img"
        aria-label={label}
        data-testid="pain-chart"
      >
        {[0, 5, 10].map((score) => (
          <g>
            <path class="ax" d={`M${LEFT} ${y(score)}H${width - RIGHT}`} />
            <text x={LEFT - 8} y={y(score) + 5} text-anchor="end">
              {number(score)}
            </text>
          </g>
        ))}
        <Series marks={morning} x={x} y={y} kind="morning" />
        <Series marks={during} x={x} y={y} kind="during" />
        <text x={LEFT} y={HEIGHT - 6}>
          {sayDate(days[0]?.day ?? "")}
        </text>
        <text x={width - RIGHT} y={HEIGHT - 6} text-anchor="end">
          {t("chart.today")}
        </text>
      </svg>
      {reads && <p class="soft small">{t("chart.read")}</p>}
    </section>
  );
}

function spoken(marks: readonly Mark[]): string {
  const series = spokenSeries(marks);
  return series ? t("chart.labelSeries", series) : t("chart.labelNone");
}

interface SeriesProps {
  readonly marks: readonly Mark[];
  readonly x: (at: number) => number;
  readonly y: (score: number) => number;
  readonly kind: "during" | "morning";
}

function Series({ marks, x, y, kind }: SeriesProps) {
  const during = kind === "during";
  return (
    <g>
      {runsOf(marks).map((run) => (
        <path
          class={during ? "l1" : "l2"}
          d={`M${run.map(({ at, score }) => `${x(at)} ${y(score)}`).join("L")}`}
        />
      ))}
      {marks.map((mark) => {
        if (mark.kind === "cross") {
          return (
            <path class={`no ${kind}`} d={cross(x(mark.at), during ? CROSSES : CROSSES + 9)} />
          );
        }
        return during ? (
          <circle class="p1" cx={x(mark.at)} cy={y(mark.score)} r="4" />
        ) : (
          <rect class="p2" x={x(mark.at) - 3} y={y(mark.score) - 3} width="6" height="6" />
        );
      })}
    </g>
  );
}

function cross(x: number, y: number): string {
  return `M${x - 3} ${y - 3}l6 6m0-6l-6 6`;
}

function Key({ reads }: { reads: boolean }) {
  return (
    <ul class="key">
      <li>
        <svg viewBox="0 0 28 14" aria-hidden="true">
          <path class="l1" d="M1 7H27" />
          <circle class="p1" cx="14" cy="7" r="4" />
        </svg>
        {t("chart.during")}
      </li>
      <li>
        <svg viewBox="0 0 28 14" aria-hidden="true">
          <path class="l2" d="M1 7H27" />
          <rect class="p2" x="11" y="4" width="6" height="6" />
        </svg>
        {t("chart.morning")}
      </li>
      {!reads && (
        <>
          <li>
            <svg viewBox="0 0 28 14" aria-hidden="true">
              <path class="no" d={cross(14, 7)} />
            </svg>
            {t("chart.notSaid")}
          </li>
          <li>{t("chart.gap")}</li>
        </>
      )}
    </ul>
  );
}

/** The inner width of `box` in px, followed while it is shown. */
function useWidth(box: { readonly current: HTMLElement | null }): number {
  const width = useSignal(WIDTH_FIRST);
  useEffect(() => {
    const element = box.current;
    if (!element || !("ResizeObserver" in globalThis)) return;
    const observer = new ResizeObserver(([entry]) => {
      if (entry) width.value = Math.max(200, Math.round(entry.contentRect.width));
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return width.value;
}
