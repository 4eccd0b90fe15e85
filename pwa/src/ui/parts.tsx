/** Small parts that many screens share. */
import type { ComponentChildren } from "preact";
import type { PainAnswer, Place } from "../client";
import { number, t } from "../words";
import { Icon } from "./icon";
import type { IconName } from "./icons";

/** More joints than this are drawn small, or they touch on a narrow screen. */
const SMALL_FROM = 12;

/** Progress as bones that join: firm where done, dots where not, a ring where one is. */
export function Joints({
  count,
  done,
  now,
  label,
}: {
  count: number;
  /** Whether joint `i` is done. */
  done: (i: number) => boolean;
  now: number;
  label: string;
}) {
  if (count < 2) return null;
  return (
    <div role="img" aria-label={label}>
      <ol class={count > SMALL_FROM ? "joints many" : "joints"} aria-hidden="true">
        {Array.from({ length: count }, (_, i) => (
          <li class={i === now ? "now" : done(i) ? "done" : ""} />
        ))}
      </ol>
    </div>
  );
}

/** Days or repeats as beads; the words beside them say the same. */
export function Beads({ count, done }: { count: number; done: number }) {
  return (
    <ol class="beads" aria-hidden="true">
      {Array.from({ length: count }, (_, i) => (
        <li class={i < done ? "done" : ""} />
      ))}
    </ol>
  );
}

/** Where a record is, always in these words. */
export function PlaceChip({ place }: { place: Place }) {
  return (
    <span class={`chip ${place}`} data-testid={`place-${place}`}>
      <Icon name={place} size="s" />
      {t(place === "phone" ? "place.phone" : "place.server")}
    </span>
  );
}

export function Banner({
  icon,
  tone = "",
  children,
  testid,
}: {
  icon: IconName;
  tone?: "" | "warn" | "bad";
  children: ComponentChildren;
  testid?: string;
}) {
  return (
    <div class={`banner ${tone}`} data-testid={testid}>
      <Icon name={icon} />
      <div>{children}</div>
    </div>
  );
}

/** What a pain number is called. */
export function painWord(score: number): string {
  if (score === 0) return t("pain.none");
  if (score <= 2) return t("pain.little");
  if (score <= 5) return t("pain.some");
  if (score <= 9) return t("pain.much");
  return t("pain.worst");
}

/** An answer in words: "0 No pain", "4", "not said", "not asked". Four answers, four texts. */
export function painText(answer: PainAnswer | undefined): string {
  if (answer === undefined) return t("pain.notAsked");
  if (answer === "not_said") return t("pain.notSaid");
  return answer === 0 ? t("pain.zero", { n: 0 }) : number(answer);
}

interface PainMarkProps {
  readonly answer: PainAnswer | undefined;
  /** Every number with its word, for patients; else only zero has one. */
  readonly worded?: boolean;
}

/** An answer as a mark: a number, a cross with "not said", or a gap that is only spoken. */
export function PainMark({ answer, worded = false }: PainMarkProps) {
  if (answer === undefined) return <span class="vh">{t("pain.notAsked")}</span>;
  if (answer === "not_said") {
    return (
      <span class="mark soft">
        <Icon name="close" size="s" />
        {t("pain.notSaid")}
      </span>
    );
  }
  return (
    <span class="mark num">
      <strong>{number(answer)}</strong>
      {(worded || answer === 0) && <span> {painWord(answer)}</span>}
    </span>
  );
}

const EFFORTS = [0, 2, 5, 7, 10] as const;

/** The word of an effort; between the five faces the nearest one. */
export function effortText(effort: PainAnswer | undefined): string {
  if (effort === undefined) return "";
  if (effort === "not_said") return t("effort.notSaid");
  const nearest = EFFORTS.reduce((best, each) =>
    Math.abs(each - effort) < Math.abs(best - effort) ? each : best,
  );
  return t(`effort.${nearest}`);
}
