/** Letting somebody in: who, how, and what the other phone needs. One question a screen. */
import { type Signal, useSignal } from "@preact/signals";
import type { Role } from "../../client";
import type { MembersView, Place } from "../../members";
import { HandOver, onlyHere } from "../../ui/hand-over";
import { Icon } from "../../ui/icon";
import type { IconName } from "../../ui/icons";
import { Page } from "../../ui/page";
import { Banner } from "../../ui/parts";
import { SquareCode } from "../../ui/square-code";
import { t } from "../../words";
import { LetInBeside } from "./beside";
import type { MembersProps } from "./index";

type How = "direct" | "approve";
type Chosen = How | "beside";

interface Way {
  readonly place?: Place;
  readonly how?: Chosen;
  readonly link?: string;
  readonly state: "" | "busy" | "failed";
}

export function LetIn(props: MembersProps) {
  const way = useSignal<Way>({ state: "" });
  const { place, how, link } = way.value;
  if (place === undefined) return <Who {...props} way={way} />;
  if (how === "beside") return <LetInBeside members={props.members} place={place} />;
  if (how !== undefined && link !== undefined) return <Link link={link} how={how} />;
  return <HowTo {...props} way={way} place={place} />;
}

interface Choice {
  readonly label: string;
  readonly place: Place;
  readonly testid: string;
}

/** Whom this device may let in, in the words of the person. */
function choicesOf(view: MembersView): Choice[] {
  const me = view.people.find(({ mine }) => mine);
  const patient = view.people.find(({ role }) => role === "patient");
  const choices: Choice[] = [];
  if (me !== undefined && me.role !== "recovery") {
    const place = { role: me.role, member: me.member };
    choices.push({ label: t("add.mine"), place, testid: "add-mine" });
  }
  for (const role of view.canInvite) {
    if (role === "patient" && patient?.mine) continue;
    const isThere = role === "patient" && patient !== undefined;
    choices.push({
      label: isThere ? t("add.patient", { name: patient.name }) : freshWord(role),
      place: isThere ? { role, member: patient.member } : { role },
      testid: `add-${role}`,
    });
  }
  return choices;
}

function freshWord(role: Role): string {
  return t(role === "patient" ? "add.patientNew" : `add.${role}`);
}

function Who({ members, way }: MembersProps & { readonly way: Signal<Way> }) {
  return (
    <Page canGoBack help={false} testid="add-who">
      <h1>{t("add.who")}</h1>
      {choicesOf(members.view.value).map(({ label, place, testid }) => (
        <button
          type="button"
          class="btn wide big-ans"
          data-testid={testid}
          key={testid}
          onClick={() => {
            way.value = { place, state: "" };
          }}
        >
          {label}
        </button>
      ))}
    </Page>
  );
}

interface HowProps extends MembersProps {
  readonly way: Signal<Way>;
  readonly place: Place;
}

function HowTo({ members, way, place }: HowProps) {
  const choose = async (how: Chosen) => {
    if (way.peek().state === "busy") return;
    if (how === "beside") {
      way.value = { place, how, state: "" };
      return;
    }
    way.value = { place, how, state: "busy" };
    try {
      way.value = { place, how, link: await members.invite(place, how), state: "" };
    } catch {
      way.value = { place, state: "failed" };
    }
  };
  return (
    <Page canGoBack help={false} testid="add-how">
      <h1>{t("add.how")}</h1>
      <HowButton how="direct" icon="qr" onChoose={choose} busy={way.value.state === "busy"} />
      <HowButton how="approve" icon="message" onChoose={choose} busy={way.value.state === "busy"} />
      <HowButton how="beside" icon="nonet" onChoose={choose} busy={way.value.state === "busy"} />
      <div role="alert">
        {way.value.state === "failed" && (
          <Banner icon="alert" tone="warn" testid="members-failed">
            <p>{t("members.failed")}</p>
          </Banner>
        )}
      </div>
    </Page>
  );
}

const HOW_WORDS = {
  direct: ["add.together", "add.togetherBody"],
  approve: ["add.apart", "add.apartBody"],
  beside: ["add.beside", "add.besideBody"],
} as const;

interface HowButtonProps {
  readonly how: Chosen;
  readonly icon: IconName;
  readonly busy: boolean;
  readonly onChoose: (how: Chosen) => Promise<void>;
}

function HowButton({ how, icon, busy, onChoose }: HowButtonProps) {
  const [title, body] = HOW_WORDS[how];
  return (
    <button
      type="button"
      class="card row pad act-row"
      data-testid={`add-${how}`}
      aria-disabled={busy}
      onClick={() => void onChoose(how)}
    >
      <Icon name={icon} />
      <span class="grow device">
        <strong>{t(title)}</strong>
        <span class="soft small below">{t(body)}</span>
      </span>
      <Icon name="next" />
    </button>
  );
}

function Link({ link, how }: { link: string; how: How }) {
  const isShown = how === "direct";
  return (
    <Page canGoBack help={false} testid="add-link">
      <h1>{t(isShown ? "add.showTitle" : "add.sendTitle")}</h1>
      <p>{t(isShown ? "add.showBody" : "add.sendBody")}</p>
      {isShown && <SquareCode text={link} label={t("add.code")} />}
      {onlyHere(link) && (
        <Banner icon="alert" tone="warn">
          <p>{t("add.local")}</p>
        </Banner>
      )}
      <HandOver link={link} testid="member-link" />
      {!isShown && <p class="soft small">{t("add.waiting")}</p>}
    </Page>
  );
}
