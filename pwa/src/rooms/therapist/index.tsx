/** The therapist's rooms; loaded only when a therapist opens the app. */
import "../../ui/styles/desk.css";
import type { Client } from "../../client";
import { keepPart } from "../../client/offline";
import { Icon } from "../../ui/icon";
import type { IconName } from "../../ui/icons";
import { later } from "../../ui/later";
import { go, type Route, route } from "../../ui/route";
import { addWords, t, type WordId } from "../../words";
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
    <>
      <Row icon="paper" word="today.card" testid="open-paper" to={{ room: "paper" }} />
      <Row icon="call" word="desk.contacts" testid="open-contacts" to={{ room: "contacts" }} />
      <Row icon="edit" word="desk.texts" testid="open-texts" to={{ room: "texts" }} />
    </>
  );
}

interface RowProps {
  readonly icon: IconName;
  readonly word: WordId;
  readonly testid: string;
  readonly to: Route;
}

function Row({ icon, word, testid, to }: RowProps) {
  return (
    <button type="button" class="card row act-row" data-testid={testid} onClick={() => go(to)}>
      <Icon name={icon} />
      <span class="grow strong">{t(word)}</span>
      <Icon name="next" size="s" />
    </button>
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
        <div class="stack narrow">
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
