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
import { useEffect, useState } from "preact/hooks";
import type { Client, Door } from "./client";
import { DoorRoom, type DoorState } from "./rooms/door/door";
import { later } from "./ui/later";
import { goHome } from "./ui/route";
import { ToastVoice } from "./ui/toast";

const patient = later(async () => (await import("./rooms/patient")).PatientRooms);
const therapist = later(async () => (await import("./rooms/therapist")).TherapistRooms);

function roomsOf(client: Client) {
  return client.profile.role === "patient" ? patient : therapist;
}

/** Rooms of an opened profile. */
export function Rooms({ client }: { client: Client }) {
  const { Part } = roomsOf(client);
  return (
    <>
      <Part client={client} />
      <ToastVoice />
    </>
  );
}

interface AppProps {
  /** Gives the door; called once, and again when it failed. */
  readonly loadDoor: () => Promise<Door>;
}

export function App({ loadDoor }: AppProps) {
  const [way] = useState(() => new Entrance(loadDoor));
  useEffect(() => {
    const enter = () => void way.enter();
    enter();
    addEventListener("hashchange", enter);
    return () => removeEventListener("hashchange", enter);
  }, [way]);
  const client = way.client.value;
  if (client) return <Rooms client={client} />;
  return (
    <DoorRoom
      door={way.door.value}
      state={way.state.value}
      onOpen={(opened) => void way.show(opened)}
      onProfile={(id) => void way.openProfile(id)}
      onRetry={() => void way.lookAgain()}
      onLeave={() => void way.enterWithoutLink()}
    />
  );
}

/** Takes the secret out of the address bar and out of this history entry. */
function takeFragment(): string {
  const fragment = location.hash.slice(1);
  if (fragment) history.replaceState(history.state, "", location.pathname + location.search);
  return fragment;
}

/** The steps from the opened page to an opened profile. */
class Entrance {
  readonly door = signal<Door | undefined>(undefined);
  readonly client = signal<Client | undefined>(undefined);
  readonly state = signal<DoorState>({ at: "starting" });
  readonly #loadDoor: () => Promise<Door>;

  constructor(loadDoor: () => Promise<Door>) {
    this.#loadDoor = loadDoor;
  }

  /** By the link in the address, or by the profiles of this phone. */
  async enter(): Promise<void> {
    const fragment = takeFragment();
    if (!fragment) {
      if (!this.client.peek()) await this.enterWithoutLink();
      return;
    }
    await this.client.peek()?.close();
    this.client.value = undefined;
    await this.#lookAt(fragment);
  }

  /** One profile opens by itself, several are asked for by picture, none needs a link. */
  async enterWithoutLink(): Promise<void> {
    await this.#atDoor(async (door) => {
      const profiles = await door.profiles();
      const [only] = profiles;
      if (only && profiles.length === 1) await this.show(await door.open(only.id));
      else this.state.value = { at: "chooser", profiles };
    });
  }

  async openProfile(id: string): Promise<void> {
    await this.#atDoor(async (door) => this.show(await door.open(id)));
  }

  async lookAgain(): Promise<void> {
    const current = this.state.peek();
    if (current.at === "link") await this.#lookAt(current.fragment);
  }

  /** Shows the rooms once their code is there. */
  async show(client: Client): Promise<void> {
    await roomsOf(client).ready();
    goHome();
    this.client.value = client;
  }

  async #lookAt(fragment: string): Promise<void> {
    await this.#atDoor(async (door) => {
      const [view, profiles] = await Promise.all([door.look(fragment), door.profiles()]);
      this.state.value = { at: "link", view, fragment, profiles };
    });
  }

  /** Runs `step` with the door; when anything breaks, says so and offers the same step again. */
  async #atDoor(step: (door: Door) => Promise<void>): Promise<void> {
    this.state.value = { at: "starting" };
    try {
      this.door.value ??= await this.#loadDoor();
      await step(this.door.value);
    } catch {
      const retry = () => {
        this.door.value = undefined;
        void this.#atDoor(step);
      };
      this.state.value = { at: "failed", retry };
    }
  }
}
