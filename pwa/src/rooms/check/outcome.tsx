/** What to do now: the advice of a check, and the clinic's own card of whom to call. */
import type { Care } from "../../client";
import type { Check, Contacts } from "../../records.gen";
import type { Answers } from "../../safety/outcome";
import { Icon } from "../../ui/icon";
import { Lamp, type Light } from "../../ui/lamp";
import { Page } from "../../ui/page";
import { Banner } from "../../ui/parts";
import { goHome } from "../../ui/route";
import { t, type WordId } from "../../words";
import { NotSeen } from "../patient/not-seen";
import { contactsOf } from "../seen";
import { Signed } from "../signed";
import { kept } from "./keep";

interface OutcomeProps {
  readonly care: Care | undefined;
  readonly advice: Check["advice"];
  readonly said: Answers;
}

const LIGHTS: Readonly<Record<Check["advice"], Light | undefined>> = {
  emergency: "stop",
  same_day: "stop",
  tell_first: "slow",
  none: undefined,
};

export function Outcome({ care, advice, said }: OutcomeProps) {
  const light = LIGHTS[advice];
  const yes = said.find(({ answer }) => answer !== "no");
  return (
    <Page
      canGoBack
      help={false}
      testid={`check-${advice}`}
      foot={<Calls care={care} advice={advice} />}
    >
      <div class={`advice ${light ?? "plain"}`} role="alert">
        {light && <Lamp light={light} size="xl" />}
        <h1>{t(`flag.${advice}`)}</h1>
        <p>{t(`flag.${advice}Body`)}</p>
      </div>
      {yes && (
        <div class="card stack">
          <p class="strong">{t("check.saidYes")}</p>
          <p data-testid="said-yes">{t(`flag.${yes.question}` as WordId)}</p>
        </div>
      )}
      <Unkept />
      {care && <NotSeen care={care} id={kept.value.id} />}
      {advice !== "none" && <p class="strong">{t("check.wait")}</p>}
      <Signed care={care} set="red-flags" />
    </Page>
  );
}

function Unkept() {
  const { again } = kept.value;
  if (!again) return null;
  return (
    <Banner icon="alert" tone="bad" testid="check-unkept">
      <p>{t("check.unkept")}</p>
      <button type="button" class="btn plain" onClick={again}>
        {t("act.retry")}
      </button>
    </Banner>
  );
}

/** The same card without a question: who knows that it is bad need not answer any. */
export function Help({ care }: { care: Care | undefined }) {
  return (
    <Page
      canGoBack
      help={false}
      testid="check-help"
      foot={<Calls care={care} advice="emergency" />}
    >
      <div class="advice stop" role="alert">
        <Lamp light="stop" size="xl" />
        <h1>{t("flag.help")}</h1>
        <p>{t("flag.helpBody")}</p>
      </div>
      <p class="strong">{t("check.wait")}</p>
      <Signed care={care} set="red-flags" />
    </Page>
  );
}

/** What a phone can dial. */
function dialled(phone: string): string {
  return `tel:${phone.replace(/[^+0-9*#]/g, "")}`;
}

/** Whom to call, most urgent first, and what is not known. */
function Calls({ care, advice }: Pick<OutcomeProps, "care" | "advice">) {
  const { emergency, contacts = [] }: Partial<Contacts> = contactsOf(care) ?? {};
  const isUrgent = advice === "emergency";
  return (
    <>
      {isUrgent && emergency && (
        <a class="btn main-act" data-testid="call-emergency" href={dialled(emergency)}>
          <Icon name="call" />
          <span>
            {t("check.callNumber")} <bdi dir="ltr">{emergency}</bdi>
          </span>
        </a>
      )}
      {isUrgent && !emergency && <p data-testid="no-emergency">{t("check.noEmergency")}</p>}
      {contacts.map(({ name, phone, hours }) => (
        <a class="btn wide" key={phone} data-testid="call-contact" href={dialled(phone)}>
          <Icon name="call" />
          <span>
            {t("check.call", { who: name })} <bdi dir="ltr">{phone}</bdi>
            {hours && <span class="small below">{hours}</span>}
          </span>
        </a>
      ))}
      {contacts.length === 0 && <p data-testid="no-contacts">{t("check.noContacts")}</p>}
      <button type="button" class="btn plain wide" data-testid="check-home" onClick={goHome}>
        {t("wrong.back")}
      </button>
    </>
  );
}
