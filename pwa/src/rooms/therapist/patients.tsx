/** The list of patients: who has something new, what was last told, who has not joined yet. */
import type { Care, Client, Opened } from "../../client";
import type { Check } from "../../records.gen";
import { Icon } from "../../ui/icon";
import { Lamp } from "../../ui/lamp";
import { newOf } from "../../ui/looked";
import { NetBanner } from "../../ui/net";
import { Banner, Empty, painText } from "../../ui/parts";
import { go } from "../../ui/route";
import { t } from "../../words";
import { sayDay, sayMoment } from "../../words/dates";
import { lightOf } from "../advice";
import { unheard } from "../talk";
import { unseenAlarms } from "./checks";
import { Desk } from "./desk";
import { wishesTold, wishFact } from "./wish";

/** The name of the list of what a patient told, for "new". */
export function toldList(client: Client, care: Care): string {
  return `${client.profile.id}:${care.circle}:told`;
}

export function toldCount(care: Care): number {
  return mineOut(care.sessions.value) + mineOut(care.pains.value) + wishesTold(care);
}

function mineOut(records: readonly { readonly mine: boolean }[]): number {
  return records.filter(({ mine }) => !mine).length;
}

export function nameOf(care: Care): string {
  return care.name.value || t("desk.noName");
}

export function Patients({ client }: { client: Client }) {
  const cares = patientsOf(client);
  const rows = cares
    .map((care) => ({
      care,
      fresh: newOf(toldList(client, care), toldCount(care)),
      words: unheard(care).length,
      alarm: unseenAlarms(care)[0],
    }))
    .sort(inOrder);
  const withNew = rows.filter(({ fresh, words }) => fresh + words > 0).length;
  return (
    <Desk
      testid="patients"
      title={t("desk.patients")}
      about={
        cares.length > 0 &&
        `${t("desk.count", { n: cares.length })}. ${withNew > 0 ? t("desk.countNew", { n: withNew }) : t("desk.quiet")}.`
      }
      acts={
        <>
          <Contact client={client} />
          <AddButton client={client} />
        </>
      }
    >
      <div class="stack">
        <NetBanner sync={client.sync.value} />
        {client.needsCard.value && (
          <Banner icon="lock" tone="warn" testid="needs-card">
            <p>{t("desk.noCard")}</p>
            <button type="button" class="btn plain" onClick={() => go({ room: "paper" })}>
              {t("today.card")}
            </button>
          </Banner>
        )}
        {rows.length === 0 ? (
          <Empty icon="group" title={t("desk.none")}>
            <p class="soft">{t("desk.noneBody")}</p>
          </Empty>
        ) : (
          <ul class="card list">
            {rows.map((row) => (
              <li key={row.care.circle}>
                <PatientRow client={client} {...row} />
              </li>
            ))}
          </ul>
        )}
      </div>
    </Desk>
  );
}

export function patientsOf(client: Client): Care[] {
  return client.cares.value.filter(
    ({ purpose, role }) => purpose === "patient" && role !== "patient",
  );
}

interface Row {
  readonly care: Care;
  readonly fresh: number;
  /** Messages that this person has not heard. */
  readonly words: number;
  /** The newest sign of danger that nobody has said to have seen. */
  readonly alarm: Opened<Check> | undefined;
}

/** Signs of danger first, then something new, then by name; who has not joined comes last. */
function inOrder(a: Row, b: Row): number {
  const alarms = Number(b.alarm !== undefined) - Number(a.alarm !== undefined);
  const joined = Number(b.care.joined.value) - Number(a.care.joined.value);
  const fresh = Number(b.fresh + b.words > 0) - Number(a.fresh + a.words > 0);
  return alarms || joined || fresh || a.care.name.value.localeCompare(b.care.name.value);
}

/** Asked once since the app was opened, before the second patient. */
let isAskedForCard = false;

function AddButton({ client }: { client: Client }) {
  const add = () => {
    const isFirst = client.needsCard.peek() && !isAskedForCard;
    isAskedForCard ||= isFirst;
    go(isFirst ? { room: "paper" } : { room: "add" });
  };
  return (
    <button type="button" class="btn act" data-testid="add-patient" onClick={add}>
      <Icon name="plus" />
      {t("desk.add")}
    </button>
  );
}

/** Up to when the list speaks. */
function Contact({ client }: { client: Client }) {
  const { lastContact } = client.sync.value;
  return (
    <span class={`chip ${lastContact > 0 ? "server" : "phone"}`}>
      <Icon name={lastContact > 0 ? "server" : "phone"} size="s" />
      {lastContact > 0
        ? t("desk.upTo", { when: sayMoment(lastContact, client.today.value) })
        : t("desk.never")}
    </span>
  );
}

function PatientRow({ client, care, fresh, words, alarm }: Row & { client: Client }) {
  const open = () => go({ room: "patient", circle: care.circle });
  return (
    <button type="button" class="tri p4" data-testid="patient-row" onClick={open}>
      <RowMark care={care} fresh={fresh} alarm={alarm} />
      <span class="nm">
        <bdi>{nameOf(care)}</bdi>
      </span>
      <span class="body">
        {alarm ? (
          <AlarmLine client={client} alarm={alarm} />
        ) : care.joined.value ? (
          <Told client={client} care={care} />
        ) : (
          t("desk.waiting")
        )}
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

/** The light of the last session where it warns, else a plain mark. */
function RowMark({ care, fresh, alarm }: Omit<Row, "words">) {
  if (alarm) return <Lamp light="stop" size="s" />;
  const light = lightOf(
    care.sessions.value.at(-1)?.value.pain.worst,
    care.plans.value.at(-1)?.value.pain_rule,
  );
  if (fresh > 0 && (light === "slow" || light === "stop")) return <Lamp light={light} size="s" />;
  return <Icon name={care.joined.value ? "person" : "clock"} />;
}

function AlarmLine({ client, alarm }: { client: Client; alarm: Opened<Check> }) {
  return (
    <>
      <span class="fact strong" data-testid="row-alarm">
        {t(`flag.${alarm.value.advice}`)}
      </span>
      <span class="fact">{sayDay(alarm.value.day, client.today.value)}</span>
    </>
  );
}

function Told({ client, care }: { client: Client; care: Care }) {
  const session = care.sessions.value.at(-1)?.value;
  const morning = care.pains.value.filter(({ value }) => value.context === "morning").at(-1);
  const wish = wishFact(client, care);
  if (!session && !morning && wish === "") return <>{t("desk.noSession")}</>;
  return (
    <>
      {wish !== "" && (
        <span class="fact strong" data-testid="row-wish">
          {wish}
        </span>
      )}
      {session && (
        <span class="fact">
          {t("desk.lastDay", { day: sayDay(session.day, client.today.value) })}
        </span>
      )}
      {session && session.pain.worst !== undefined && (
        <span class="fact">{t("desk.lastPain", { pain: painText(session.pain.worst) })}</span>
      )}
      {morning && (
        <span class="fact meta">
          {t("desk.lastMorning", { pain: painText(morning.value.score) })}
        </span>
      )}
    </>
  );
}
