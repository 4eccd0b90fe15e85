/** Reminders: when, how this phone can, and what else may be chosen; fetched when opened. */
import "../../ui/styles/reminders.css";
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Client } from "../../client";
import type { ReminderProposal } from "../../records.gen";
import type { Chosen, Reminding } from "../../reminding";
import { Page } from "../../ui/page";
import { back, go, goHome, route, swap } from "../../ui/route";
import { addWords, t } from "../../words";
import { enReminders } from "../../words/en-reminders";
import { Ask } from "./ask";
import { Choose } from "./choose";
import { More } from "./more";
import { Overview } from "./overview";

addWords(enReminders);

/** What every screen here is given. */
export interface RemindersProps {
  readonly client: Client;
  readonly reminding: Reminding;
  /** Of the therapist, in the plan that is followed. */
  readonly proposal: ReminderProposal | undefined;
  /** The therapist's name. */
  readonly therapist: string;
  /** Keep a choice; then the phone asks, where nobody was asked yet. */
  keep(chosen: Chosen): Promise<void>;
  /** Nothing is wanted. */
  leave(): void;
}

export function RemindersRoom({ client }: { client: Client }) {
  const here = route.value;
  const found = useSignal<Reminding | undefined>(undefined);
  useEffect(() => {
    client.reminding().then(
      (reminding) => {
        found.value = reminding;
      },
      () => undefined,
    );
  }, [client]);
  const reminding = found.value;
  if (here.room !== "reminders" || reminding === undefined) {
    return (
      <Page canGoBack testid="remind-wait">
        <h1>{t("wait.moment")}</h1>
      </Page>
    );
  }
  const chosen = reminding.chosen.value;
  const props: RemindersProps = {
    client,
    reminding,
    ...proposedTo(client),
    keep: async (wanted) => {
      await reminding.choose(wanted);
      const further = here.step === "choose" ? swap : go;
      if (reminding.allowed.peek() === "ask") further({ room: "reminders", step: "ask" });
      else if (here.step === "choose") back();
    },
    leave: () => {
      reminding.choose(undefined).then(goHome, goHome);
    },
  };
  if (chosen === undefined || here.step === "choose") return <Choose key="choose" {...props} />;
  if (here.step === "ask") return <Ask key="ask" {...props} />;
  if (here.step === "more") return <More key="more" {...props} chosen={chosen} />;
  return <Overview key="overview" {...props} chosen={chosen} />;
}

function proposedTo(client: Client): Pick<RemindersProps, "proposal" | "therapist"> {
  const care = client.cares.value.find(({ role }) => role === "patient" || role === "caregiver");
  const plans = [...(care?.plans.value ?? [])].sort((a, b) => a.value.lam - b.value.lam);
  return {
    proposal: plans.at(-1)?.value.reminder,
    therapist: care?.therapist.value || t("who.therapistStart"),
  };
}
