/** Acts of clinicians that the gallery and the screen tests make up. */
import { signal } from "@preact/signals";
import type {
  BatchView,
  ClinicActs,
  ClinicView,
  LateView,
  SilentView,
  StaffView,
  StoppedView,
  WishView,
} from "../clinic";

export const TICKET_LINK =
  "https://clinic.example/#e1.c0000000000000000000000000000000000000000.Zy3_ZtYb0aWq9sLmN2xC4w.dGk3_ZtYb0aWq9sLmN2xC";

export function staffView(parts: Partial<StaffView> = {}): StaffView {
  const name = parts.name ?? "Rosa";
  return {
    member: `m${name}`,
    name,
    role: "therapist",
    mine: false,
    devices: [`d${name}`],
    ...parts,
  };
}

export function clinicView(parts: Partial<ClinicView> = {}): ClinicView {
  return {
    purpose: "clinic",
    isAdmin: true,
    canAddKey: true,
    staff: [staffView({ name: "Omar" }), staffView({ role: "admin", mine: true })],
    notes: { state: "no", waiting: [] },
    gone: 0,
    ...parts,
  };
}

export function silentView(parts: Partial<SilentView> = {}): SilentView {
  const since = Date.UTC(2025, 9, 27, 12) / 1000;
  const unknown = { name: "", patient: "", by: "" };
  return { device: "dsilent", circle: "c1", since, isStaff: false, ...unknown, ...parts };
}

/** What a server would tell. */
export interface FakeOffice {
  readonly stopped?: readonly StoppedView[];
  readonly batches?: readonly BatchView[];
  readonly wishes?: readonly WishView[];
  readonly silent?: readonly SilentView[];
  readonly late?: readonly LateView[];
}

/** Acts that call nobody; `broken` refuses every one of them. */
export function fakeActs(
  parts: Partial<ClinicView> = {},
  told: FakeOffice = {},
  broken = false,
): ClinicActs & { readonly calls: string[] } {
  const calls: string[] = [];
  const act = async (what: string) => {
    calls.push(what);
    if (broken) throw new Error("broken on purpose");
  };
  const counted = async (what: string) => {
    await act(what);
    return 3;
  };
  return {
    calls,
    view: signal(clinicView(parts)),
    sayName: (name) => act(`sayName ${name}`),
    async enrol(devices) {
      await act(`enrol ${devices.join()}`);
      return { link: TICKET_LINK, expires: Date.UTC(2025, 11, 1, 12) / 1000 };
    },
    stopped: async () => told.stopped ?? [],
    stop: (device) => act(`stop ${device}`),
    serve: (device) => act(`serve ${device}`),
    takeOut: (device) => counted(`takeOut ${device}`),
    batches: async () => told.batches ?? [],
    wish: (circles, member) => act(`wish ${circles.length} ${member}`),
    wishes: async () => told.wishes ?? [],
    confirm: ({ circle, member }) => act(`confirm ${circle} ${member}`),
    silent: async () => told.silent ?? [],
    late: async () => told.late ?? [],
    accept: (device, stream, n) => act(`accept ${device} ${stream}${n}`),
    beginNotes: () => act("beginNotes"),
    writeForClinicians: (text) => act(`writeForClinicians ${text}`),
    grant: (device) => act(`grant ${device}`),
    addKey: (line) => counted(`addKey ${line}`),
  };
}
