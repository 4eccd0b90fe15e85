/** The therapist's rooms; loaded only when a therapist opens the app. */
import "../../ui/styles/desk.css";
import type { Client } from "../../client";
import { keepPart } from "../../client/offline";
import { Icon } from "../../ui/icon";
import { later } from "../../ui/later";
import { go, route } from "../../ui/route";
import { addWords, t } from "../../words";
import { enDesk } from "../../words/en-desk";
import { enMore } from "../../words/en-more";
import { enSafety } from "../../words/en-safety";
import { StatusCards, SyncButton } from "../status";
import { ClinicCircle, Desk } from "./desk";
import { Patient } from "./patient";
import { Patients, patientsOf } from "./patients";

addWords(enMore);
addWords(enDesk);
addWords(enSafety);

const signing = later(async () => {
  keepPart("signing");
  return (await import("../signing")).SigningRoom;
});

const planning = later(async () => {
  keepPart("planning");
  return (await import("../planning")).PlanningRoom;
});

/** What brings one back who lost the phone, and what patients are told by all. */
function Safety() {
  return (
    <div class="two-btn">
      <button
        type="button"
        class="btn"
        data-testid="open-paper"
        onClick={() => go({ room: "paper" })}
      >
        <Icon name="lock" />
        {t("today.card")}
      </button>
      <button
        type="button"
        class="btn"
        data-testid="open-contacts"
        onClick={() => go({ room: "contacts" })}
      >
        <Icon name="call" />
        {t("desk.contacts")}
      </button>
      <button
        type="button"
        class="btn"
        data-testid="open-texts"
        onClick={() => go({ room: "texts" })}
      >
        <Icon name="edit" />
        {t("desk.texts")}
      </button>
    </div>
  );
}

export function TherapistRooms({ client }: { client: Client }) {
  const clinic = client.cares.value.find(({ purpose }) => purpose === "clinic");
  return (
    <ClinicCircle.Provider value={clinic?.circle}>
      <Here client={client} />
    </ClinicCircle.Provider>
  );
}

function Here({ client }: { client: Client }) {
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
          <Safety />
        </div>
      </Desk>
    );
  }
  if (here.room === "contacts" || here.room === "texts") {
    return <signing.Part key={here.room} client={client} />;
  }
  if (here.room === "add") return <planning.Part key="add" client={client} care={undefined} />;
  if (here.room === "patient" || here.room === "plan") {
    const care = patientsOf(client).find(({ circle }) => circle === here.circle);
    if (care && here.room === "plan") {
      return <planning.Part key={`plan${care.circle}`} client={client} care={care} />;
    }
    if (care) return <Patient key={care.circle} client={client} care={care} />;
  }
  return <Patients key="patients" client={client} />;
}
