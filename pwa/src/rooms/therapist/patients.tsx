/** Who needs a therapist, the most urgent first, each with the reason; the others on demand. */
import { signal, useSignal } from "@preact/signals";
import type { Care, Client } from "../../client";
import { Empty } from "../../ui/empty";
import { Field } from "../../ui/field";
import { Icon } from "../../ui/icon";
import { newOf } from "../../ui/looked";
import { NetBanner } from "../../ui/net";
import { Banner } from "../../ui/parts";
import { go } from "../../ui/route";
import { number, t } from "../../words";
import { sayMoment } from "../../words/dates";
import { unheard } from "../talk";
import { Desk, nameOf } from "./desk";
import { NEEDS, type Need, type Needed, needOf } from "./needs";
import { plain } from "./plain";
import { PatientRow } from "./row";
import { wishesTold } from "./wish";

/** More patients than these are looked for by name, and those on track are shown when asked for. */
const FEW = 8;
const NAME_LETTERS_MAX = 80;
const QUIET: ReadonlySet<Need> = new Set(["waiting", "track"]);

/** Whether those on track are shown; stays while the app is open. */
const isTrackShown = signal(false);

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

/** One patient in the list. */
export interface Row {
  readonly care: Care;
  readonly needed: Needed;
  readonly fresh: number;
  /** Messages that this person has not heard. */
  readonly words: number;
}

export function Patients({ client }: { client: Client }) {
  const find = useSignal("");
  const rows = patientsOf(client)
    .map((care) => ({
      care,
      needed: needOf(care, client.today),
      fresh: newOf(toldList(client, care), toldCount(care)),
      words: unheard(care).length,
    }))
    .sort(inOrder);
  const wanted = rows.filter(({ care }) => plain(nameOf(care)).includes(plain(find.value.trim())));
  return (
    <Desk
      testid="patients"
      title={t(rows.length > 0 ? "desk.needs" : "desk.patients")}
      about={rows.length > 0 && <Sum rows={rows} />}
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
        {rows.length > FEW && (
          <Field id="find" label={t("desk.find")} value={find} max={NAME_LETTERS_MAX} />
        )}
        {rows.length === 0 ? (
          <Empty icon="group" title={t("desk.none")}>
            <p class="soft">{t("desk.noneBody")}</p>
          </Empty>
        ) : (
          <Groups
            client={client}
            rows={wanted}
            canFold={rows.length > FEW && find.value.trim() === ""}
          />
        )}
      </div>
    </Desk>
  );
}

/** How many need a look, and how many do not. */
function Sum({ rows }: { rows: readonly Row[] }) {
  const n = rows.filter(({ needed }) => !QUIET.has(needed.need)).length;
  const all = t("desk.count", { n: rows.length });
  return <>{n > 0 ? t("desk.needSome", { n, all }) : t("desk.needNone", { all })}</>;
}

interface GroupsProps {
  readonly client: Client;
  readonly rows: readonly Row[];
  /** Whether those on track may be folded away. */
  readonly canFold: boolean;
}

function Groups({ client, rows, canFold }: GroupsProps) {
  if (rows.length === 0) return <p class="soft">{t("desk.notFound")}</p>;
  return (
    <div class="card list">
      {NEEDS.map((need) => {
        const group = rows.filter(({ needed }) => needed.need === need);
        const isFolded = canFold && need === "track" && !isTrackShown.value;
        return (
          group.length > 0 && (
            <section key={need} data-testid={`need-${need}`}>
              <div class="band tight">
                <h2 class="small grow">
                  {t(`need.${need}`)} <span class="num">{number(group.length)}</span>
                </h2>
                {canFold && need === "track" && <Fold />}
              </div>
              {!isFolded && (
                <ul class="list">
                  {group.map((row) => (
                    <li key={row.care.circle}>
                      <PatientRow client={client} {...row} />
                    </li>
                  ))}
                </ul>
              )}
            </section>
          )
        );
      })}
    </div>
  );
}

function Fold() {
  const isShown = isTrackShown.value;
  return (
    <button
      type="button"
      class="btn"
      data-testid="track-show"
      aria-expanded={isShown}
      onClick={() => {
        isTrackShown.value = !isShown;
      }}
    >
      {t(isShown ? "desk.hide" : "desk.show")}
    </button>
  );
}

export function patientsOf(client: Client): Care[] {
  return client.cares.value.filter(
    ({ purpose, role }) => purpose === "patient" && role !== "patient",
  );
}

/** By group, the longest silent and what is new first, then by name. */
function inOrder(a: Row, b: Row): number {
  const groups = NEEDS.indexOf(a.needed.need) - NEEDS.indexOf(b.needed.need);
  const days = (b.needed.days ?? 0) - (a.needed.days ?? 0);
  const fresh = Number(b.fresh + b.words > 0) - Number(a.fresh + a.words > 0);
  return groups || days || fresh || a.care.name.value.localeCompare(b.care.name.value);
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
