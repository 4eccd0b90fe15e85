/** The therapist's rooms; loaded only when a therapist opens the app. */
import "../../ui/styles/desk.css";
import type { Client } from "../../client";
import { route } from "../../ui/route";
import { addWords, t } from "../../words";
import { enDesk } from "../../words/en-desk";
import { StatusCards, SyncButton } from "../status";
import { AddPatient, ChangePlan } from "./add";
import { Desk } from "./desk";
import { Patient } from "./patient";
import { Patients, patientsOf } from "./patients";

addWords(enDesk);

export function TherapistRooms({ client }: { client: Client }) {
  const here = route.value;
  if (here.room === "status") {
    return (
      <Desk
        key="status"
        testid="status"
        title={t("desk.status")}
        about={t("desk.statusBody")}
        acts={<SyncButton client={client} />}
      >
        <div class="stack">
          <StatusCards client={client} />
        </div>
      </Desk>
    );
  }
  if (here.room === "add") return <AddPatient key="add" client={client} />;
  if (here.room === "patient" || here.room === "plan") {
    const care = patientsOf(client).find(({ circle }) => circle === here.circle);
    if (care && here.room === "plan") {
      return <ChangePlan key={`plan${care.circle}`} client={client} care={care} />;
    }
    if (care) return <Patient key={care.circle} client={client} care={care} />;
  }
  return <Patients key="patients" client={client} />;
}
