/** Who can read a circle, letting somebody in, taking a phone out; fetched when it is opened. */
import "../../ui/styles/members.css";
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Care, Client } from "../../client";
import type { Members } from "../../members";
import { later } from "../../ui/later";
import { Page } from "../../ui/page";
import { type MembersStep, route } from "../../ui/route";
import { addWords, t } from "../../words";
import { enMembers } from "../../words/en-members";
import { Compare } from "./compare";
import { LetIn } from "./let-in";
import { List } from "./list";
import { Leave, Remove } from "./remove";

addWords(enMembers);

const clinic = later(async () => (await import("../clinic")).ClinicRoom);

/** What every screen here is given. */
export interface MembersProps {
  readonly client: Client;
  readonly care: Care;
  readonly members: Members;
}

export function MembersRoom({ client }: { client: Client }) {
  const here = route.value;
  const circle = here.room === "members" ? here.circle : "";
  const care = client.cares.value.find((each) => each.circle === circle);
  const members = useSignal<Members | undefined>(undefined);
  useEffect(() => {
    let opened: Members | undefined;
    let isGone = false;
    const take = (found: Members) => {
      opened = found;
      if (isGone) found.close();
      else members.value = found;
    };
    client.members(circle).then(take, () => undefined);
    return () => {
      isGone = true;
      opened?.close();
    };
  }, [client, circle]);
  if (here.room !== "members" || care === undefined || members.value === undefined) {
    return (
      <Page canGoBack help={false} testid="members-wait">
        <h1>{t("wait.moment")}</h1>
      </Page>
    );
  }
  return <Step {...{ client, care, members: members.value }} step={here.step} />;
}

function Step({ step, ...props }: MembersProps & { readonly step: MembersStep | undefined }) {
  if (step === undefined) return <List key="list" {...props} />;
  switch (step.at) {
    case "add":
      return <LetIn key="add" {...props} />;
    case "compare":
      return <Compare key="compare" {...props} device={step.device} />;
    case "remove":
      return <Remove key="remove" {...props} device={step.device} />;
    case "leave":
      return <Leave key="leave" {...props} />;
    default:
      return <clinic.Part key="clinic" {...props} at={step.at} />;
  }
}
