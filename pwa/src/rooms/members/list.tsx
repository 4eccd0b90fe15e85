/** The people who can read, each with the phones on which they do. */
import type { DeviceView, MembersView, PersonView, RequestView } from "../../members";
import { Icon } from "../../ui/icon";
import { Page } from "../../ui/page";
import { Banner } from "../../ui/parts";
import { go, type MembersStep } from "../../ui/route";
import { t, type WordId } from "../../words";
import { dayOf, sayDay, zoneHere } from "../../words/dates";
import { saveAsFile } from "./export";
import type { MembersProps } from "./index";

/** What a device is called. */
export function deviceWord({ here, isPaper }: DeviceView): string {
  if (isPaper) return t("members.paper");
  return t(here ? "members.thisPhone" : "members.phone");
}

/** What a person is called. */
export function personWord({ name, mine, role }: PersonView): string {
  if (mine) return t("members.you");
  if (role === "recovery") return roleWord(role);
  return name || t("members.noName");
}

export function roleWord(role: PersonView["role"]): string {
  return t(`role.${role}`);
}

export function List({ client, care, members }: MembersProps) {
  const view = members.view.value;
  const open = (step: MembersStep) => go({ room: "members", circle: care.circle, step });
  const isOut = care.isOut.value;
  return (
    <Page
      canGoBack
      help={false}
      testid="members"
      title={care.name.value}
      foot={
        !isOut &&
        view.canInvite.length > 0 && (
          <button
            type="button"
            class="btn main-act"
            data-testid="members-add"
            onClick={() => open({ at: "add" })}
          >
            <Icon name="plus" />
            {t("members.add")}
          </button>
        )
      }
    >
      <div class="stack">
        <h1>{t(view.purpose === "clinic" ? "members.titleClinic" : "members.title")}</h1>
        <p class="soft">{t("members.body")}</p>
      </div>
      {isOut && (
        <Banner icon="alert" tone="warn" testid="members-out">
          <p>{t("members.out")}</p>
          <button
            type="button"
            class="btn plain"
            data-testid="members-export"
            onClick={() => saveAsFile(care)}
          >
            {t("members.export")}
          </button>
        </Banner>
      )}
      {view.requests.map((request) => (
        <Asking
          request={request}
          onLook={() => open({ at: "compare", device: request.device })}
          key={request.device}
        />
      ))}
      <div class="tiles">
        {view.people.map((person) => (
          <Person
            key={person.member}
            person={person}
            today={client.today.value}
            isOut={isOut}
            onRemove={(device) => open({ at: "remove", device })}
          />
        ))}
      </div>
      {isGrowing(view) && (
        <Banner icon="person" testid="members-child">
          <p>{t("members.child")}</p>
        </Banner>
      )}
      {view.hasMore && (
        <button
          type="button"
          class="btn wide"
          data-testid="members-more"
          onClick={() => open({ at: "more" })}
        >
          {t("members.more")}
          <Icon name="next" />
        </button>
      )}
      <Strength people={view.people} isStrong={view.isStrong} />
      {view.canLeave && !isOut && (
        <button
          type="button"
          class="btn wide danger"
          data-testid="members-leave"
          onClick={() => open({ at: "leave" })}
        >
          {t("members.leave")}
        </button>
      )}
    </Page>
  );
}

/** Somebody else logs for the patient, who has no phone here: a child, perhaps. */
function isGrowing({ people, canInvite }: MembersView): boolean {
  const has = (role: string) => people.some((person) => person.role === role);
  return has("caregiver") && !has("patient") && canInvite.includes("patient");
}

function Asking({ request, onLook }: { request: RequestView; onLook: () => void }) {
  const { name, role } = request;
  return (
    <section class="card asks" data-testid="members-asks">
      <h2 class="row">
        <Icon name="phone" />
        <span class="grow">{t("members.asks")}</span>
      </h2>
      <p>{name === "" ? roleWord(role) : t("members.asksWho", { name, role: roleWord(role) })}</p>
      <button type="button" class="btn act wide" data-testid="members-compare" onClick={onLook}>
        {t("members.compare")}
        <Icon name="next" />
      </button>
    </section>
  );
}

interface PersonProps {
  readonly person: PersonView;
  readonly today: string;
  /** Whether this phone is out: then it takes nobody else out. */
  readonly isOut: boolean;
  readonly onRemove: (device: string) => void;
}

function Person({ person, today, isOut, onRemove }: PersonProps) {
  const { role, devices, canRemove, mine } = person;
  const icon = role === "recovery" ? "lock" : "person";
  return (
    <section class="card list" data-testid="member" data-role={role}>
      <h2 class="row pad">
        <Icon name={icon} />
        <span class="grow member-name">
          <bdi>{personWord(person)}</bdi>
        </span>
        {role !== "recovery" && <span class="soft small">{roleWord(role)}</span>}
      </h2>
      {devices.map((device) => (
        <div class="pad row wrap" key={device.id} data-testid="member-device">
          <Device device={device} today={today} />
          {canRemove && !device.here && !isOut && (
            <button
              type="button"
              class="btn danger"
              data-testid="member-remove"
              aria-label={t("members.removeOf", {
                what: `${personWord(person)}, ${deviceWord(device)}`,
              })}
              onClick={() => onRemove(device.id)}
            >
              {t("members.remove")}
            </button>
          )}
        </div>
      ))}
      {mine && devices.length === 0 && <p class="pad">{t("members.out")}</p>}
    </section>
  );
}

/** "Monday" of a moment, for the list. */
export function dayHere(unix_s: number, today: string): string {
  return sayDay(dayOf(unix_s, zoneHere(unix_s)), today);
}

function Device({ device, today }: { device: DeviceView; today: string }) {
  const { since, by, byOwner, setUnder, heard, here, isPaper } = device;
  const day = dayHere(since, today);
  const name = by || t("members.someone");
  const heardWords: [WordId, string] =
    heard === 0 ? ["members.heardNever", ""] : ["members.heard", dayHere(heard, today)];
  return (
    <div class="grow device">
      <p class="strong">{deviceWord(device)}</p>
      {setUnder ? (
        <p>
          <span class="tag" data-testid="member-added">
            {t("members.added", { name, day })}
          </span>
        </p>
      ) : (
        <p class="soft small">
          {byOwner ? t("members.since", { day }) : t("members.sinceBy", { day, name })}
        </p>
      )}
      {!here && !isPaper && <p class="soft small">{t(heardWords[0], { day: heardWords[1] })}</p>}
    </div>
  );
}

function Strength({ people, isStrong }: { people: readonly PersonView[]; isStrong: boolean }) {
  const weak = people.flatMap(({ devices }) => devices).filter(({ strong }) => !strong).length;
  return (
    <p class="row small soft" data-testid={isStrong ? "members-strong" : "members-weak"}>
      <Icon name="lock" size="s" />
      <span class="grow">{isStrong ? t("members.strong") : t("members.weak", { n: weak })}</span>
    </p>
  );
}
