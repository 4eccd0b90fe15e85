/**
 * The app: from a link or a profile to the rooms of a patient or of a therapist.
 *
 * Rooms are chosen by state, not by address (see `ui/route.ts`). A link's secret leaves the address
 * bar and the history before anything else happens.
 *
 * Test ids, by screen (`data-testid`):
 * - door: starting, door-none, door-who, door-failed, profile-{picture}; link-{incomplete, used,
 *   expired, unknown, offline}, link-retry, link-leave; join, join-accept, join-as-{picture},
 *   join-failed; setup, setup-clinic, setup-person, setup-save, setup-failed
 * - patient, every screen: help (-> wrong), toast
 * - today: today, exercise-{place}, exercise-start, done-all (tells "all done" at once: 4 taps are
 *   done-all, pain-N, effort-N, save), log-start (-> log-done), morning-open, morning-answer,
 *   note-card, open-notes, open-days, open-status, net-offline, net-trouble, net-refused
 * - exercise: exercise, exercise-run, exercise-phase, exercise-too-hard, exercise-done
 * - log: log-done with done-all, done-some, done-none; log-which with which-{place}, which-next;
 *   log-why with reason-{too_hard, pain, not_understood, no_time}, reason-skip; log-pain with
 *   pain-0 to pain-10, pain-skip; log-effort with effort-{0, 2, 5, 7, 10}, effort-skip, save;
 *   save-failed
 * - saved: saved, advice-{go, slow, stop, none}, not-seen, saved-home
 * - morning: morning, pain-0 to pain-10 (save at once), pain-skip
 * - days: days, history-row (data-day), place-phone, place-server, pain-chart
 * - notes: notes, note, note-body; status: status, unsent, refused, sync-now; wrong: wrong
 * - therapist: room-home, room-status, back; patients, add-patient, patient-row; add, patient-name,
 *   starter-{back, knee, shoulder}, plan-editor, patient-save; patient, invitation, invite-make,
 *   invite-link (text = the link), invite-local, session-row (data-day) with session-day,
 *   session-done, session-pain, session-effort, session-reasons; note-text, note-save, note,
 *   note-body; two-plans, plan-change, plan, plan-name, plan-save
 */
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Client, Door } from "./client";
import { DoorRoom, type DoorState } from "./rooms/door/door";
import { later } from "./ui/later";
import { goHome } from "./ui/route";
import { Toast } from "./ui/toast";

const patient = later(async () => (await import("./rooms/patient")).PatientRooms);
const therapist = later(async () => (await import("./rooms/therapist")).TherapistRooms);

/** Rooms of an opened profile. */
export function Rooms({ client }: { client: Client }) {
  const { Part } = client.profile.role === "patient" ? patient : therapist;
  return (
    <>
      <Part client={client} />
      <Toast />
    </>
  );
}

interface AppProps {
  /** Gives the door; called once, and again when it failed. */
  readonly loadDoor: () => Promise<Door>;
}

export function App({ loadDoor }: AppProps) {
  useEffect(() => {
    void enter(loadDoor);
    const onHash = () => void enter(loadDoor);
    addEventListener("hashchange", onHash);
    return () => removeEventListener("hashchange", onHash);
  }, []);
  const client = opened.value;
  if (client) return <Rooms client={client} />;
  return (
    <DoorRoom
      door={door.value}
      state={state.value}
      onOpen={(next) => {
        void useClient(next);
      }}
      onProfile={(id) => void openProfile(loadDoor, id)}
      onRetry={() => void lookAgain(loadDoor)}
      onLeave={() => void enterWithoutLink(loadDoor)}
    />
  );
}

const door = signal<Door | undefined>(undefined);
const opened = signal<Client | undefined>(undefined);
const state = signal<DoorState>({ at: "starting" });

/** Takes the secret out of the address bar and out of this history entry. */
function takeFragment(): string {
  const fragment = location.hash.slice(1);
  if (fragment) history.replaceState(history.state, "", location.pathname + location.search);
  return fragment;
}

/** Runs `step` with the door; when anything breaks, says so and offers the same step again. */
async function atDoor(loadDoor: () => Promise<Door>, step: (door: Door) => Promise<void>) {
  try {
    door.value ??= await loadDoor();
    await step(door.value);
  } catch {
    const retry = () => {
      door.value = undefined;
      state.value = { at: "starting" };
      void atDoor(loadDoor, step);
    };
    state.value = { at: "failed", retry };
  }
}

async function enter(loadDoor: () => Promise<Door>): Promise<void> {
  const fragment = takeFragment();
  if (!fragment) {
    if (!opened.peek()) await enterWithoutLink(loadDoor);
    return;
  }
  await opened.peek()?.close();
  opened.value = undefined;
  await lookAt(loadDoor, fragment);
}

async function lookAt(loadDoor: () => Promise<Door>, fragment: string): Promise<void> {
  state.value = { at: "starting" };
  await atDoor(loadDoor, async (port) => {
    const [view, profiles] = await Promise.all([port.look(fragment), port.profiles()]);
    state.value = { at: "link", view, fragment, profiles };
  });
}

async function lookAgain(loadDoor: () => Promise<Door>): Promise<void> {
  const current = state.peek();
  if (current.at === "link") await lookAt(loadDoor, current.fragment);
}

/** One profile opens by itself, several are asked for by picture, none needs a link. */
async function enterWithoutLink(loadDoor: () => Promise<Door>): Promise<void> {
  state.value = { at: "starting" };
  await atDoor(loadDoor, async (port) => {
    const profiles = await port.profiles();
    const [only] = profiles;
    if (only && profiles.length === 1) await useClient(await port.open(only.id));
    else state.value = { at: "chooser", profiles };
  });
}

async function openProfile(loadDoor: () => Promise<Door>, id: string): Promise<void> {
  state.value = { at: "starting" };
  await atDoor(loadDoor, async (port) => useClient(await port.open(id)));
}

/** Shows the rooms once their code is there. */
async function useClient(client: Client): Promise<void> {
  await (client.profile.role === "patient" ? patient : therapist).ready();
  goHome();
  opened.value = client;
}
