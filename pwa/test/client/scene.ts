/** A clinic with one therapist and one patient, each on a phone of their own. */
import { type Entrance, enter } from "../../src/client/admission.ts";
import type { OpenProfile } from "../../src/client/profile.ts";
import { openShelf } from "../../src/client/shelf.ts";
import type { Care, Client, PlanInput, SessionInput } from "../../src/client.ts";
import { FakeExchange } from "./fake-exchange.ts";
import { FakePhone } from "./fake-phone.ts";
import { FakeServer } from "./fake-server.ts";

export const SETUP = "s1.AAAAAAAAAAAAAAAAAAAAAA";
export const NAMES = { clinic: "Hill Clinic", person: "Rosa" };
export const PLAN: PlanInput = {
  title: "Knee",
  parents: [],
  days_per_week: 5,
  items: [{ exercise: "kn01", sets: 3, reps: 10, hold_s: 0, rest_s: 30, side: "left" }],
  pain_rule: { go_max: 2, slow_max: 5 },
};

/** A session with this worst pain. */
export function session(worst: number): SessionInput {
  return {
    day: "2026-11-21",
    performed_at: 1_795_262_400,
    done: "all",
    items: [],
    pain: { worst },
  };
}

export function newServer(): FakeServer {
  const server = new FakeServer();
  server.setups.add("AAAAAAAAAAAAAAAAAAAAAA");
  return server;
}

export function newPhone(server: FakeServer): FakePhone {
  return new FakePhone(server, "http://clinic.test", () => server.nowMs);
}

/** What is behind the door of a phone, as after a start of the app. */
export async function start(phone: FakePhone): Promise<Entrance> {
  return enter(phone, await openShelf(phone.indexedDB));
}

export async function founded(phone: FakePhone): Promise<Client> {
  return (await start(phone)).found(SETUP, NAMES);
}

/** The fragment of a link. */
export function fragmentOf(link: string): string {
  return link.split("#")[1] ?? "";
}

/** Wait until `question` is true, for what sync brings by itself. */
export async function until(question: () => boolean): Promise<void> {
  for (let turn = 0; turn < 3_000; turn += 1) {
    if (question()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error("it did not happen within 30 s");
}

export interface Scene {
  readonly server: FakeServer;
  readonly circle: string;
  readonly therapist: OpenProfile;
  readonly patient: OpenProfile;
  readonly patientPhone: FakePhone;
  /** The circle as the patient's phone shows it. */
  readonly care: Care;
  close(): Promise<void>;
}

/**
 * Clinic founded, patient taken in and joined, both up to date.
 *
 * @param isExchanged Whether the server offers one-request sync.
 */
export async function newScene({ isExchanged = false } = {}): Promise<Scene> {
  const server = newServer();
  if (isExchanged) server.exchange = new FakeExchange(server);
  const therapist = (await founded(newPhone(server))) as OpenProfile;
  const { circle, link } = await therapist.createPatient("Amina", PLAN);
  await therapist.syncNow();
  const patientPhone = newPhone(server);
  const patient = (await (await start(patientPhone)).join(fragmentOf(link))) as OpenProfile;
  await patient.syncNow();
  const care = patient.care(circle);
  await until(() => care.plans.value.length === 1);
  const close = async () => {
    await Promise.all([patient.close(), therapist.close()]);
  };
  return { server, circle, therapist, patient, patientPhone, care, close };
}
