/** The patient's rooms: which screen for which route. */
import { useSignal } from "@preact/signals";
import type { Care, Client } from "../../client";
import { Page } from "../../ui/page";
import { route } from "../../ui/route";
import { t } from "../../words";
import { draftOf } from "./draft";
import { Exercise } from "./exercise";
import { Status, Wrong } from "./help";
import { Days } from "./history";
import { Log, lastSaved } from "./log";
import { Morning } from "./morning";
import { Notes } from "./notes";
import { Saved } from "./saved";
import { Today } from "./today";

export function PatientRooms({ client }: { client: Client }) {
  const picked = useSignal("");
  const cares = client.cares.value.filter(({ role }) => role === "patient");
  const care = cares.find(({ circle }) => circle === picked.value) ?? cares[0];
  const here = route.value;
  if (here.room === "wrong") return <Wrong key="wrong" />;
  if (here.room === "status") return <Status key="status" client={client} />;
  if (!care) return <Page testid="today">{<h1>{t("today.noPlan")}</h1>}</Page>;
  if (cares.length > 1 && here.room === "home" && picked.value === "") {
    return (
      <WhichCare
        cares={cares}
        onPick={(circle) => {
          picked.value = circle;
        }}
      />
    );
  }
  return <Room client={client} care={care} />;
}

function Room({ client, care }: { client: Client; care: Care }) {
  const here = route.value;
  const props = { client, care };
  switch (here.room) {
    case "exercise":
      return <Exercise key={`exercise${here.at}`} {...props} at={here.at} />;
    case "morning":
      return <Morning key="morning" {...props} />;
    case "days":
      return <Days key="days" {...props} />;
    case "notes":
      return <Notes key="notes" {...props} />;
    case "log":
      if (here.step === "saved" && lastSaved.value) return <Saved key="saved" {...props} />;
      // After a restart or a save there is nothing to go on with: begin again at today.
      if (here.step === "saved" || !canTell(here.step, client, care)) break;
      return <Log key={here.step} {...props} step={here.step} />;
  }
  return <Today key="today" {...props} />;
}

function canTell(step: string, client: Client, care: Care): boolean {
  return step === "done" || draftOf(care.circle, client.today.value).begun;
}

function WhichCare({
  cares,
  onPick,
}: {
  cares: readonly Care[];
  onPick: (circle: string) => void;
}) {
  return (
    <Page testid="which-care">
      <h1>{t("today.which")}</h1>
      {cares.map((care) => (
        <button type="button" class="btn wide big-ans" onClick={() => onPick(care.circle)}>
          {care.therapist.value || care.name.value || t("who.therapistStart")}
        </button>
      ))}
    </Page>
  );
}
