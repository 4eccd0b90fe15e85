/** The members of one circle as the screens show them, and what can be done about them. */
import { computed, type ReadonlySignal, signal } from "@preact/signals";
import * as entries from "../circle/entries.ts";
import { CircleError } from "../circle/errors.ts";
import type { Stream } from "../circle/grammar.ts";
import { formatLink } from "../circle/invitation.ts";
import { checkPub, deviceId, type Pub } from "../circle/keys.ts";
import type { Member, Membership } from "../circle/log.ts";
import { type RequestDocument, readRequest, requestCode } from "../circle/request.ts";
import type { Role } from "../client.ts";
import type { ClinicActs } from "../clinic.ts";
import type {
  Admission,
  DeviceView,
  Members,
  MembersView,
  PersonView,
  Place,
  RequestView,
} from "../members.ts";
import type { OpenCare } from "./care.ts";
import { LineError } from "./line.ts";
import { setUnder } from "./names.ts";
import { readPub, writePin } from "./pub-code.ts";
import type { Surroundings } from "./surroundings.ts";

const PEOPLE: readonly Role[] = ["patient", "caregiver", "therapist", "admin"];

/** Open the members of a circle; `moved` is called when something waits to be sent. */
export async function openMembers(
  care: OpenCare,
  around: Surroundings,
  moved: () => void,
  cares: () => readonly OpenCare[],
): Promise<Members> {
  await care.loaded;
  if (care.awaited.peek()) throw new CircleError("author", "this phone is not let in yet");
  const requests = signal<readonly RequestView[]>([]);
  const look = async () => {
    requests.value = await requestsOf(care);
  };
  await look();
  const stop = care.records.watch(await care.records.sequence(), ([leaf]) => {
    if (/^(req|log):/.test(leaf?._id ?? "")) look().catch(() => {});
  });
  return new OpenMembers(care, around, { requests, moved, cares, stop, look });
}

interface Hooks {
  readonly requests: ReadonlySignal<readonly RequestView[]>;
  readonly moved: () => void;
  readonly cares: () => readonly OpenCare[];
  readonly stop: () => void;
  readonly look: () => Promise<void>;
}

class OpenMembers implements Members {
  readonly view: ReadonlySignal<MembersView>;
  readonly #care: OpenCare;
  readonly #around: Surroundings;
  readonly #hooks: Hooks;

  constructor(care: OpenCare, around: Surroundings, hooks: Hooks) {
    this.#care = care;
    this.#around = around;
    this.#hooks = hooks;
    this.view = computed(() => {
      void care.drawn.value;
      return viewOf(care, hooks.requests.value);
    });
  }

  async invite(place: Place, mode: "direct" | "approve"): Promise<string> {
    const { keys, clock, phone } = this.#around;
    const made = await this.#append(() => {
      const { membership, secrets } = this.#care;
      const whom = this.#whole(place);
      return entries.invite(keys, membership, secrets, whom, clock.serverS, mode);
    });
    if (made === undefined) throw new Error("an invitation is always needed");
    return formatLink(phone.origin, made.link);
  }

  async approve(device: string): Promise<void> {
    const { keys, clock } = this.#around;
    await this.#append(async () => {
      const { membership, secrets } = this.#care;
      // Somebody else was faster and has let it in.
      if (membership.live(device) !== undefined) return undefined;
      const request = await this.#request(device);
      const { invitation, dev } = await readRequest(membership, request, clock.serverS);
      const { role, member, s, iid } = invitation;
      const place = { role, member, s, dev, iid };
      return entries.add(keys, membership, secrets, place, clock.serverS);
    });
    await this.#hooks.look();
  }

  async refuse(iid: string): Promise<void> {
    const { keys, clock } = this.#around;
    await this.#append(async () => {
      const { membership, secrets } = this.#care;
      const isOpen = membership.openInvitations(clock.serverS).some((one) => one.iid === iid);
      if (!isOpen) return undefined;
      return entries.uninvite(keys, membership, secrets, iid, clock.serverS);
    });
    await this.#hooks.look();
  }

  async admit(code: string, place: Place): Promise<Admission> {
    const dev = readPub(code);
    await checkPub(dev);
    const { role, member } = this.#whole(place);
    const { circle: cir, membership, purpose } = this.#care;
    const head = [membership.seq, membership.head] as const;
    const answer = writePin({ cir, head, member, purpose, role: role as Role });
    try {
      await this.#add(dev, { role: role as Role, member });
      return { answer, queued: false };
    } catch (error) {
      if (!(error instanceof LineError)) throw error;
      await this.#care.note.admitLater({ dev, role: role as Role, member });
      return { answer, queued: true };
    }
  }

  async #add(dev: Pub, place: Place): Promise<void> {
    const { keys, clock } = this.#around;
    const device = await deviceId(dev);
    await this.#append(async () => {
      const { membership, secrets } = this.#care;
      if (membership.live(device) !== undefined) return undefined;
      return entries.add(keys, membership, secrets, { ...this.#whole(place), dev }, clock.serverS);
    });
  }

  async remove(devices: readonly string[]): Promise<void> {
    const { keys, clock } = this.#around;
    await this.#append(async () => {
      const { membership, secrets } = this.#care;
      const targets = devices.filter((device) => membership.live(device) !== undefined);
      if (targets.length === 0) return undefined;
      const markOf = await this.#care.reach.marksOf(targets);
      return entries.remove(keys, membership, secrets, targets, markOf, clock.serverS);
    });
  }

  async leave(): Promise<void> {
    const { keys, clock } = this.#around;
    await this.#append(async () => {
      const { membership, secrets, feeds, receipts } = this.#care;
      if (membership.live(keys.id) === undefined) return undefined;
      const endOf = async (stream: Stream) =>
        (await feeds.ends(stream, () => receipts.upTo(stream))).get(keys.id);
      const ends = { c: await endOf("c"), k: await endOf("k") };
      const markOf = (_: string, stream: Stream) => {
        const { n, d } = ends[stream] ?? { n: 0, d: "" };
        return [n, d] as const;
      };
      return entries.leave(keys, membership, secrets, markOf, clock.serverS);
    });
  }

  async acts(): Promise<ClinicActs> {
    const { openActs } = await import("./clinic-acts.ts");
    const { moved, cares } = this.#hooks;
    return openActs({ care: this.#care, around: this.#around, moved, cares });
  }

  close(): void {
    this.#hooks.stop();
  }

  async #append<P extends entries.Proposal>(
    make: () => Promise<P | undefined>,
  ): Promise<P | undefined> {
    this.#care.checkTrusted();
    const made = await this.#around.writer.append(this.#care, make);
    this.#hooks.moved();
    return made;
  }

  /** A patient has been given a member id, and a name under it, before any phone has come. */
  #whole({ role, member }: Place): entries.Place {
    const named = role === "patient" ? this.#care.names.patientMember : undefined;
    return { role, member: member ?? named ?? entries.drawMember() };
  }

  async #request(device: string): Promise<RequestDocument> {
    for await (const page of this.#care.records.range("req:", "req;")) {
      for (const [doc] of page) {
        if (doc?._id.endsWith(`:${device}`)) return doc as unknown as RequestDocument;
      }
    }
    throw new CircleError("invite", "this phone does not ask any more");
  }
}

/** Phones that ask by invitations that are open. */
async function requestsOf(care: OpenCare): Promise<RequestView[]> {
  const views: RequestView[] = [];
  for await (const page of care.records.range("req:", "req;")) {
    for (const [doc] of page) {
      const view = await requestOf(care, doc as unknown as RequestDocument);
      if (view !== undefined) views.push(view);
    }
  }
  return views;
}

async function requestOf(care: OpenCare, doc: RequestDocument): Promise<RequestView | undefined> {
  const { membership, clock, circle } = care;
  try {
    const { invitation, device } = await readRequest(membership, doc, clock.serverS);
    const { iid, member, role } = invitation;
    const digits = await requestCode(circle, device);
    return { device, iid, role: role as Role, name: care.nameOfMember(member), digits };
  } catch (error) {
    if (error instanceof CircleError) return undefined;
    throw error;
  }
}

function viewOf(care: OpenCare, requests: readonly RequestView[]): MembersView {
  const { membership, keys, purpose } = care;
  const me = membership.live(keys.id);
  const live = membership.liveDevices();
  const members = [...new Set(live.map(({ member }) => member))];
  const people = members.map((member) =>
    personOf(
      care,
      live.filter((device) => device.member === member),
      me,
    ),
  );
  return {
    people: people.sort((left, right) => Number(right.mine) - Number(left.mine)),
    requests,
    isStrong: live.every(({ pub }) => pub.kem === "XWING"),
    canInvite: me === undefined ? [] : PEOPLE.filter((role) => mayInvite(membership, me, role)),
    canLeave: me !== undefined && canGo(membership, [keys.id]),
    hasMore: me !== undefined && hasMore(membership, me),
    purpose,
  };
}

/** Clinicians have their own acts; who may take phones out may take their late records in. */
function hasMore(membership: Membership, me: Member): boolean {
  if (me.role === "therapist" || me.role === "admin") return true;
  const gone = [...membership.devices.values()].filter(({ until }) => until !== null);
  return gone.some((one) => passes(() => membership.checkReach(me, [one])));
}

function personOf(care: OpenCare, devices: readonly Member[], me: Member | undefined): PersonView {
  const [{ member, role }] = devices as readonly [Member];
  const others = devices.filter(({ device }) => device !== me?.device);
  return {
    member,
    role: role as PersonView["role"],
    name: care.nameOfMember(member),
    mine: member === me?.member,
    devices: devices.map((device) => deviceOf(care, device)),
    canRemove: others.length > 0 && mayRemove(care.membership, me, others),
  };
}

function deviceOf(care: OpenCare, { device, by, since, member, pub }: Member): DeviceView {
  const { membership, keys } = care;
  const bringer = membership.devices.get(by);
  return {
    id: device,
    here: device === keys.id,
    isPaper: care.settingsOf(member).device === device,
    since: membership.stamps[since]?.ts ?? 0,
    by: care.nameOfDevice(by),
    byOwner: bringer?.member === member,
    setUnder: setUnder(membership, device, () => "").added !== undefined,
    heard: care.heardFrom(device),
    strong: pub.kem === "XWING",
  };
}

function mayInvite(membership: Membership, me: Member, role: Role): boolean {
  const there = membership.liveDevices().find((one) => one.role === role);
  const members = [entries.drawMember(), ...(there === undefined ? [] : [there.member])];
  if (me.role === role) members.push(me.member);
  return members.some((member) =>
    passes(() => membership.checkMayBringIn(me, { role, member, s: "c" }, membership.ts)),
  );
}

function mayRemove(
  membership: Membership,
  me: Member | undefined,
  devices: readonly Member[],
): boolean {
  if (me === undefined || !passes(() => membership.checkReach(me, devices))) return false;
  return canGo(
    membership,
    devices.map(({ device }) => device),
  );
}

/** Whether somebody stays who can keep the circle going. */
function canGo(membership: Membership, devices: readonly string[]): boolean {
  return membership
    .liveDevices()
    .some(
      ({ device, role }) => !devices.includes(device) && membership.rules.remain.includes(role),
    );
}

function passes(check: () => void): boolean {
  try {
    check();
    return true;
  } catch (error) {
    if (error instanceof CircleError) return false;
    throw error;
  }
}
