/** What there is to know and to choose about one's own record. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Care } from "../../client";
import type { CardView } from "../../members";
import { Icon } from "../../ui/icon";
import type { IconName } from "../../ui/icons";
import { Page } from "../../ui/page";
import { go, type RecordStep, type Route } from "../../ui/route";
import { endsRecord, wishOn } from "../../wishes";
import { t, type WordId } from "../../words";
import { dayAfter, dayOf, sayDay, zoneHere } from "../../words/dates";
import { consentOf } from "./consent";
import type { RecordProps } from "./index";
import { Failed, Standing } from "./standing";

/** Days of a rest that is asked for with one tap. */
const REST_DAYS = 7;

export function Home({ client, care }: RecordProps) {
  const today = client.today.value;
  const wish = wishOn(care.diary.value, today);
  const failed = useSignal(false);
  const card = useSignal<CardView | undefined>(undefined);
  useEffect(() => {
    const look = async () => {
      card.value = (await client.card()).view.peek();
    };
    look().catch(() => undefined);
  }, [client]);
  const to = (step: RecordStep) => go({ room: "record", circle: care.circle, step });
  const ask = async (draft: { readonly wish: "pause" | "stop"; readonly until?: string }) => {
    try {
      await client.write(care.circle, { type: "wish", day: today, ...draft });
      to("rest");
    } catch {
      failed.value = true;
    }
  };
  const isEnding = care.closedAt.value > 0 || (wish !== undefined && endsRecord(wish.value));
  return (
    <Page canGoBack testid="record">
      <h1>{t("record.title")}</h1>
      <Standing client={client} care={care} />
      <section class="card list">
        <Row
          icon="seen"
          title="record.notice"
          body={consentLine(care, today)}
          to={{ room: "record", circle: care.circle, step: "notice" }}
        />
        <Row
          icon="group"
          title="record.who"
          body={t("record.whoBody")}
          to={{ room: "members", circle: care.circle }}
        />
        <Row
          icon="phone"
          title="today.card"
          body={cardLine(card.value, today)}
          to={{ room: "paper" }}
        />
        <Row
          icon="storage"
          title="record.copy"
          body={t("record.copyBody")}
          to={{ room: "record", circle: care.circle, step: "copy" }}
        />
      </section>
      {!isEnding && (
        <section class="stack">
          <h2>{t("record.choice")}</h2>
          {wish === undefined ? (
            <button
              type="button"
              class="btn wide big-ans"
              data-testid="record-rest"
              onClick={() => void ask({ wish: "pause", until: dayAfter(today, REST_DAYS) })}
            >
              <Icon name="pause" />
              {t("record.rest")}
            </button>
          ) : (
            <button
              type="button"
              class="btn wide big-ans"
              data-testid="record-how"
              onClick={() => to("rest")}
            >
              <Icon name="edit" />
              {t("record.how")}
            </button>
          )}
          {wish?.value.wish !== "stop" && (
            <button
              type="button"
              class="btn wide big-ans"
              data-testid="record-stop"
              onClick={() => void ask({ wish: "stop" })}
            >
              <Icon name="close" />
              {t("record.stop")}
            </button>
          )}
          <button
            type="button"
            class="btn wide danger"
            data-testid="record-end"
            onClick={() => to("end")}
          >
            {t("record.end")}
          </button>
        </section>
      )}
      <Failed isShown={failed.value} words="log.failed" />
    </Page>
  );
}

/** Whether the card could be relied on tomorrow. */
function cardLine(card: CardView | undefined, today: string): string {
  if (card === undefined) return t("record.cardBody");
  if (card.since === 0) return t("record.cardNone");
  if (card.tried === 0) return t("record.cardUntried");
  return t("record.cardTried", { day: sayDay(dayOf(card.tried, zoneHere(card.tried)), today) });
}

function consentLine(care: Care, today: string): string {
  const given = consentOf(care.diary.value)?.value;
  if (given === undefined) return t("record.noticeOpen");
  const id = given.choices.care === true ? "record.noticeYes" : "record.noticeNo";
  return t(id, { day: sayDay(given.day, today) });
}

interface RowProps {
  readonly icon: IconName;
  readonly title: WordId;
  readonly body: string;
  readonly to: Route & { readonly step?: unknown };
}

function Row({ icon, title, body, to }: RowProps) {
  const name = typeof to.step === "string" ? to.step : to.room;
  return (
    <button
      type="button"
      class="row pad link-row"
      data-testid={`record-${name}`}
      onClick={() => go(to)}
    >
      <Icon name={icon} />
      <span class="grow">
        <strong>{t(title)}</strong>
        <span class="soft small below">{body}</span>
      </span>
      <Icon name="next" />
    </button>
  );
}
