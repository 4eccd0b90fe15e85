/** Members of a circle that the gallery and the screen tests make up. */
import { signal } from "@preact/signals";
import type { ClinicActs } from "../clinic";
import type { Card, CardView, DeviceView, Members, MembersView, PersonView } from "../members";
import { fakeActs } from "./fake-clinic";

let counter = 0;

/** A phone that came on 3 March 2025. */
export function device(parts: Partial<DeviceView> = {}): DeviceView {
  counter += 1;
  return {
    id: `dgallery${counter}`,
    here: false,
    isPaper: false,
    since: Date.UTC(2025, 2, 3, 9) / 1000,
    by: "Rosa",
    byOwner: false,
    setUnder: false,
    heard: Date.UTC(2025, 10, 16, 16) / 1000,
    strong: true,
    ...parts,
  };
}

export function person(parts: Partial<PersonView> = {}): PersonView {
  counter += 1;
  return {
    member: `mgallery${counter}`,
    role: "patient",
    name: "Amina",
    mine: false,
    devices: [device()],
    canRemove: true,
    ...parts,
  };
}

/** A therapist who looks at herself and at her patient. */
export function membersView(parts: Partial<MembersView> = {}): MembersView {
  const own = device({ here: true, by: "Rosa", byOwner: true });
  return {
    people: [
      person({ role: "therapist", name: "Rosa", mine: true, devices: [own], canRemove: false }),
      person(),
    ],
    requests: [],
    isStrong: true,
    canInvite: ["patient", "caregiver", "therapist"],
    canLeave: true,
    hasMore: true,
    purpose: "patient",
    ...parts,
  };
}

export const MEMBERS_LINK =
  "https://clinic.example/#j1.c7Qm2rT0v9LkX4nBzPfA1uQ.Zy3_ZtYb0aWq9sLmN2xC4w";

export const ANSWER = `rj1-pin.${"Zy3ZtYb0aWq9sLmN2xC4w".repeat(9)}`;

/** Members that call nobody; `broken` refuses every act. */
export function fakeMembers(
  parts: Partial<MembersView> = {},
  broken = false,
  acts: ClinicActs = fakeActs(),
): Members & { readonly calls: string[] } {
  const calls: string[] = [];
  const act = async (what: string) => {
    calls.push(what);
    if (broken) throw new Error("broken on purpose");
  };
  return {
    calls,
    view: signal(membersView(parts)),
    async invite({ role }, mode) {
      await act(`invite ${role} ${mode}`);
      return MEMBERS_LINK;
    },
    approve: (id) => act(`approve ${id}`),
    refuse: (iid) => act(`refuse ${iid}`),
    async admit(code) {
      await act(`admit ${code}`);
      return { answer: ANSWER, queued: true };
    },
    remove: (ids) => act(`remove ${ids.join()}`),
    leave: () => act("leave"),
    acts: async () => acts,
    close: () => {},
  };
}

export const CARD = "7KQ2-9XMD-04VB-TR6W-H3PZ";

/** A card that calls nobody. */
export function fakeCard(
  parts: Partial<CardView> = {},
  broken = false,
): Card & { readonly calls: string[] } {
  const calls: string[] = [];
  return {
    calls,
    view: signal({ since: 0, tried: 0, others: [], ...parts }),
    async make() {
      calls.push("make");
      if (broken) throw new Error("broken on purpose");
      return CARD;
    },
    isRight: (typed) => typed.replace(/[ -]/g, "").toUpperCase() === CARD.replaceAll("-", ""),
    async tryOut(typed) {
      calls.push("tryOut");
      return this.isRight(typed);
    },
    async takeOut(devices) {
      calls.push(`takeOut ${devices.join()}`);
      if (broken) throw new Error("broken on purpose");
    },
    forget: () => calls.push("forget"),
  };
}
