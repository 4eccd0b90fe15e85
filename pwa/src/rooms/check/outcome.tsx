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
  const isUrgent = advice === "emergency";
  const yes = said.find(({ answer }) => answer !== "no");
  return (
    <Page
      canGoBack
      help={false}
      testid={`check-${advice}`}
      foot={<Foot care={care} isUrgent={isUrgent} />}
    >
      <div class={`advice ${light ?? "plain"}`} role="alert">
        {light && <Lamp light={light} size="xl" />}
        <h1>{t(`flag.${advice}`)}</h1>
        <p>{t(`flag.${advice}Body`)}</p>
      </div>
      <Numbers care={care} isUrgent={isUrgent} />
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
export function Help({ care }: { care: Pick<Care, "diary"> | undefined }) {
  return (
    <Page canGoBack help={false} testid="check-help" foot={<Foot care={care} isUrgent />}>
      <div class="advice stop" role="alert">
        <Lamp light="stop" size="xl" />
        <h1>{t("flag.help")}</h1>
        <p>{t("flag.helpBody")}</p>
      </div>
      <Numbers care={care} isUrgent />
      <p class="strong">{t("check.wait")}</p>
      <Signed care={care} set="red-flags" />
    </Page>
  );
}

/** What a phone can dial. */
function dialled(phone: string): string {
  return `tel:${phone.replace(/[^+0-9*#]/g, "")}`;
}

interface NumbersProps {
  readonly care: Pick<Care, "diary"> | undefined;
  readonly isUrgent: boolean;
}

/** Whom to call beside the emergency number, and what is not known. */
function Numbers({ care, isUrgent }: NumbersProps) {
  const { emergency, contacts = [] }: Partial<Contacts> = contactsOf(care) ?? {};
  return (
    <>
      {isUrgent && !emergency && <p data-testid="no-emergency">{t("check.noEmergency")}</p>}
      {contacts.map(({ name, phone, hours }) => (
        <a class="btn wide" key={phone} data-testid="call-contact" href={dialled(phone)}>
          <Icon name="call" />
          <span>
            {t("check.call", { who: name })}
            <bdi class="below" dir="ltr">
              {phone}
            </bdi>
            {hours && <bdi class="small below">{hours}</bdi>}
          </span>
        </a>
      ))}
      {contacts.length === 0 && <p data-testid="no-contacts">{t("check.noContacts")}</p>}
    </>
  );
}

/** The one number under the thumb, and the way out. */
function Foot({ care, isUrgent }: NumbersProps) {
  const emergency = isUrgent ? contactsOf(care)?.emergency : undefined;
  return (
    <>
      {emergency && (
        <a class="btn main-act" data-testid="call-emergency" href={dialled(emergency)}>
          <Icon name="call" />
          <span>
            {t("check.callNumber")} <bdi dir="ltr">{emergency}</bdi>
          </span>
        </a>
      )}
      <button type="button" class="btn plain wide" data-testid="check-home" onClick={goHome}>
        {t("wrong.back")}
      </button>
    </>
  );
}
