/** How reminders stand: when, whether this phone may, and one tap to pause. */
import type { ComponentChildren } from "preact";
import type { Chosen } from "../../reminding";
import { Icon } from "../../ui/icon";
import { Page } from "../../ui/page";
import { Banner } from "../../ui/parts";
import { go } from "../../ui/route";
import { t, type WordId } from "../../words";
import { dayAfter, dayOf, sayFullDate, sayTimeThere, zoneHere } from "../../words/dates";
import type { RemindersProps } from "./index";
import { Calendar, Failed, useKeeping } from "./parts";
import { sayDays, sayTime } from "./times";

const WEEK_DAYS = 7;

/** Whether they are paused on a day. */
export function isPaused({ paused }: Chosen, today: string): boolean {
  return paused === "always" || (paused !== undefined && today < paused);
}

export function Overview(props: RemindersProps & { readonly chosen: Chosen }) {
  const { client, chosen, reminding } = props;
  const today = client.today.value;
  const { hasFailed, keep } = useKeeping(reminding);
  const { paused: _, ...on } = chosen;
  const stopped = isPaused(chosen, today);
  return (
    <Page canGoBack testid="remind" foot={stopped && <GoOn onTap={() => keep(on)} />}>
      <h1>{t("remind.title")}</h1>
      <section class="card stack">
        <p class="when num" data-testid="remind-when">
          {sayTime(chosen.time)}
        </p>
        <p class="strong">{sayDays(chosen.weekdays)}</p>
        {!stopped && <State {...props} />}
        {stopped && (
          <p class="row wrap strong" data-testid="remind-paused">
            <Icon name="pause" />
            {chosen.paused === "always"
              ? t("remind.paused")
              : t("remind.pausedTill", { day: sayFullDate(String(chosen.paused)) })}
          </p>
        )}
      </section>
      {!stopped && <Hurdle {...props} />}
      {hasFailed && <Failed />}
      {!stopped && (
        <div class="two-btn">
          <button
            type="button"
            class="btn"
            data-testid="remind-pause"
            onClick={() => keep({ ...on, paused: "always" })}
          >
            {t("remind.pause")}
          </button>
          <button
            type="button"
            class="btn"
            data-testid="remind-week"
            onClick={() => keep({ ...on, paused: dayAfter(today, WEEK_DAYS) })}
          >
            {t("remind.pauseWeek")}
          </button>
        </div>
      )}
      <nav class="card list">
        <Row testid="remind-change" word="remind.change" to="choose" />
        <Row testid="remind-more" word="remind.more" to="more" />
      </nav>
    </Page>
  );
}

function Row(props: { testid: string; word: WordId; to: "choose" | "more" }) {
  return (
    <button
      type="button"
      class="row pad link-row"
      data-testid={props.testid}
      onClick={() => go({ room: "reminders", step: props.to })}
    >
      <strong class="grow">{t(props.word)}</strong>
      <Icon name="next" />
    </button>
  );
}

function GoOn({ onTap }: { onTap: () => void }) {
  return (
    <button type="button" class="btn main-act" data-testid="remind-on" onClick={onTap}>
      <Icon name="play" />
      {t("remind.goOn")}
    </button>
  );
}

/** Whether it works, in one line. */
function State({ client, reminding }: RemindersProps) {
  const told = reminding.told.value;
  if (reminding.allowed.value !== "yes" || told === "failed") return null;
  const next = reminding.next.value;
  return (
    <>
      <p class="row" role="status" data-testid={`remind-${told}`}>
        <Icon name={told === "there" ? "check" : "phone"} />
        <span class="grow">{t(told === "there" ? "remind.on" : "remind.here")}</span>
      </p>
      {next !== undefined && (
        <p class="soft" data-testid="remind-next">
          {t("remind.next", { when: sayNext(next, client.today.value) })}
        </p>
      )}
    </>
  );
}

/** "today, 18:00", "Tue 18 Nov, 18:00". */
function sayNext(unix_s: number, today: string): string {
  const zone = zoneHere(unix_s);
  const day = dayOf(unix_s, zone);
  const named = day === today ? t("day.today") : sayFullDate(day);
  return t("day.moment", { day: named, time: sayTimeThere(unix_s, zone) });
}

/** What stands between the person and a reminder, and the way round it. */
function Hurdle(props: RemindersProps & { readonly chosen: Chosen }) {
  const { reminding } = props;
  const allowed = reminding.allowed.value;
  if (allowed === "yes") {
    if (reminding.told.value !== "failed") return null;
    return (
      <Wall testid="remind-failed" body="remind.refused">
        <Calendar {...props} />
      </Wall>
    );
  }
  if (allowed === "ask") {
    return (
      <Wall testid="remind-not-yet" body="remind.notYet">
        <button
          type="button"
          class="btn main-act"
          data-testid="remind-to-ask"
          onClick={() => go({ room: "reminders", step: "ask" })}
        >
          {t("remind.askGo")}
        </button>
      </Wall>
    );
  }
  const words = HURDLES[allowed];
  return (
    <Wall testid={`remind-${allowed}-allowed`} title={words[0]} body={words[1]}>
      <Calendar {...props} />
    </Wall>
  );
}

const HURDLES = {
  no: ["remind.denied", "remind.deniedHow"],
  home: ["remind.home", "remind.homeHow"],
  never: ["remind.never", "remind.neverHow"],
} as const satisfies Record<string, readonly [WordId, WordId]>;

interface WallProps {
  readonly testid: string;
  readonly title?: WordId;
  readonly body: WordId;
  readonly children: ComponentChildren;
}

function Wall({ testid, title, body, children }: WallProps) {
  return (
    <div class="stack" role="status">
      <Banner icon="alert" tone="warn" testid={testid}>
        {title && <h2>{t(title)}</h2>}
        <p>{t(body)}</p>
      </Banner>
      {children}
    </div>
  );
}
