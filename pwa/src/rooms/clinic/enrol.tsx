/** A code by which a patient's phone founds its own record, with the therapists who are in it. */
import { useSignal } from "@preact/signals";
import type { StaffView, TicketView } from "../../clinic";
import { HandOver, onlyHere } from "../../ui/hand-over";
import { Icon } from "../../ui/icon";
import { Page } from "../../ui/page";
import { Banner } from "../../ui/parts";
import { SquareCode } from "../../ui/square-code";
import { t } from "../../words";
import { dayHere, roleWord } from "../members/list";
import type { ClinicProps } from "./index";
import { Failed } from "./parts";

export function Enrol({ acts, client }: ClinicProps) {
  const { staff } = acts.view.value;
  const chosen = useSignal<readonly string[]>([]);
  const ticket = useSignal<TicketView | undefined>(undefined);
  const state = useSignal<"" | "busy" | "none" | "failed">("");
  if (ticket.value !== undefined) {
    return <Code key="code" ticket={ticket.value} today={client.today.value} />;
  }
  const make = async () => {
    if (state.peek() === "busy") return;
    const devices = staff
      .filter(({ member }) => chosen.peek().includes(member))
      .flatMap((one) => one.devices);
    if (devices.length === 0) {
      state.value = "none";
      return;
    }
    state.value = "busy";
    try {
      ticket.value = await acts.enrol(devices);
    } catch {
      state.value = "failed";
    }
  };
  const toggle = (member: string) => {
    const is = chosen.peek();
    chosen.value = is.includes(member) ? is.filter((one) => one !== member) : [...is, member];
  };
  return (
    <Page
      canGoBack
      help={false}
      testid="enrol"
      foot={
        <button
          type="button"
          class="btn main-act"
          data-testid="enrol-make"
          aria-disabled={state.value === "busy"}
          onClick={() => void make()}
        >
          <Icon name="qr" />
          {t(state.value === "busy" ? "wait.moment" : "enrol.make")}
        </button>
      }
    >
      <h1>{t("enrol.who")}</h1>
      <p class="soft">{t("enrol.body")}</p>
      {staff.map((one) => (
        <Choice
          key={one.member}
          one={one}
          isChosen={chosen.value.includes(one.member)}
          onChoose={() => toggle(one.member)}
        />
      ))}
      <div role="alert">
        {state.value === "none" && chosen.value.length === 0 && <p>{t("enrol.none")}</p>}
      </div>
      <Failed isShown={state.value === "failed"} />
    </Page>
  );
}

interface ChoiceProps {
  readonly one: StaffView;
  readonly isChosen: boolean;
  readonly onChoose: () => void;
}

/** Somebody of the clinic, to be chosen. */
export function Choice({ one, isChosen, onChoose }: ChoiceProps) {
  return (
    <button
      type="button"
      class="btn wide big-ans"
      data-testid="staff"
      aria-pressed={isChosen}
      onClick={onChoose}
    >
      <Icon name={isChosen ? "check" : "plus"} />
      <span class="grow">
        <bdi>{one.name || t("clinic.nobody")}</bdi>
        <span class="small below">{roleWord(one.role)}</span>
      </span>
    </button>
  );
}

function Code({ ticket, today }: { readonly ticket: TicketView; readonly today: string }) {
  const { link, expires } = ticket;
  return (
    <Page canGoBack help={false} testid="enrol-code">
      <h1>{t("enrol.show")}</h1>
      <p>{t("enrol.once", { day: dayHere(expires, today) })}</p>
      <SquareCode text={link} label={t("enrol.code")} />
      {onlyHere(link) && (
        <Banner icon="alert" tone="warn">
          <p>{t("add.local")}</p>
        </Banner>
      )}
      <HandOver link={link} testid="enrol-link" />
    </Page>
  );
}
