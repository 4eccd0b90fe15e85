/** One patient in the list: what they are called, why they are where they are, what is new. */
import type { Care, Client } from "../../client";
import { Icon } from "../../ui/icon";
import type { IconName } from "../../ui/icons";
import { Lamp } from "../../ui/lamp";
import { painText } from "../../ui/parts";
import { go } from "../../ui/route";
import { t } from "../../words";
import { dayAfter, sayDay } from "../../words/dates";
import { morningOf } from "../days";
import { nameOf } from "./desk";
import type { Need, Needed } from "./needs";
import type { Row } from "./patients";
import { reasonsText } from "./sessions";
import { wishFact } from "./wish";

export function PatientRow({ client, care, needed, fresh, words }: Row & { client: Client }) {
  const open = () => go({ room: "patient", circle: care.circle });
  const name = nameOf(care);
  return (
    <button type="button" class="tri p4" data-testid="patient-row" onClick={open}>
      <Mark need={needed.need} />
      <span class="nm">
        <bdi>{name}</bdi>
      </span>
      <span class="body">
        <Why client={client} care={care} needed={needed} />
      </span>
      <span class="end row nowrap">
        {words > 0 && (
          <span class="tag" data-testid="new-words">
            <Icon name="message" size="s" />
            {t("today.newCount", { n: words })}
          </span>
        )}
        {fresh > 0 && <span class="tag">{t("desk.new", { n: fresh })}</span>}
        <Icon name={care.joined.value ? "next" : "qr"} />
      </span>
    </button>
  );
}

const MARKS: Readonly<Record<Exclude<Need, "stop" | "slow">, IconName>> = {
  asks: "alert",
  silent: "nonet",
  words: "message",
  ready: "down",
  waiting: "clock",
  track: "person",
};

function Mark({ need }: { need: Need }) {
  if (need === "stop" || need === "slow") return <Lamp light={need} size="s" />;
  const icon = <Icon name={MARKS[need]} />;
  return need === "ready" ? <span class="rise">{icon}</span> : icon;
}

interface WhyProps {
  readonly client: Client;
  readonly care: Care;
  readonly needed: Needed;
}

/** The reason first and strong, where it comes from after it. */
function Why({ client, care, needed }: WhyProps) {
  const today = client.today.value;
  const { need, alarm, session, morning, days = 0, ready } = needed;
  if (alarm) {
    return (
      <>
        <span class="fact strong" data-testid="row-alarm">
          {t(`flag.${alarm.value.advice}`)}
        </span>
        <span class="fact meta">{sayDay(alarm.value.day, today)}</span>
      </>
    );
  }
  if (need === "waiting") return <>{t("desk.waiting")}</>;
  if (need === "silent") {
    return (
      <>
        <span class="fact strong">{t("desk.silent", { n: days })}</span>
        <span class="fact meta">{t("desk.silentMay")}</span>
      </>
    );
  }
  if (ready) {
    return (
      <>
        <span class="fact strong">{t("desk.ready", { n: ready.days })}</span>
        <span class="fact">{t("desk.lastPain", { pain: painText(ready.worst) })}</span>
      </>
    );
  }
  if (morning) {
    return (
      <>
        <span class="fact strong">
          {t("desk.lastMorning", { pain: painText(morning.value.score) })}
        </span>
        <span class="fact meta">{sayDay(morning.value.day, today)}</span>
      </>
    );
  }
  return <Told client={client} care={care} of={session} />;
}

interface ToldProps extends Omit<WhyProps, "needed"> {
  /** The session that is the reason; undefined for the newest. */
  readonly of: Needed["session"];
}

function Told({ client, care, of }: ToldProps) {
  const today = client.today.value;
  const session = (of ?? care.sessions.value.at(-1))?.value;
  const mornings = care.pains.value.filter(({ value }) => value.context === "morning");
  const morning = of ? morningOf(care.pains.value, dayAfter(of.value.day, 1)) : mornings.at(-1);
  const wish = care.asking.value > 0 ? t("today.asks") : wishFact(client, care);
  if (!session && !morning && wish === "") return <>{t("desk.noSession")}</>;
  const reasons = of ? reasonsText(of.value) : "";
  return (
    <>
      {wish !== "" && (
        <span class="fact strong" data-testid="row-wish">
          {wish}
        </span>
      )}
      {session?.pain.worst !== undefined && (
        <span class={`fact ${of ? "strong" : ""}`}>
          {t("desk.lastPain", { pain: painText(session.pain.worst) })}
        </span>
      )}
      {reasons !== "" && <span class="fact strong">{reasons}</span>}
      {morning && (
        <span class="fact">{t("desk.lastMorning", { pain: painText(morning.value.score) })}</span>
      )}
      {session && (
        <span class="fact meta">{t("desk.lastDay", { day: sayDay(session.day, today) })}</span>
      )}
    </>
  );
}
