/**
 * The way into a circle: founding the clinic by the setup link, joining by an invitation.
 *
 * A profile is made whole before the server hears of it: keys that were read back, the request
 * stored, the first records sealed. So a lost answer or a killed app costs nothing: the same link,
 * or the next start, sends the same bytes again.
 */

import { b64uEncode } from "../circle/encoding.ts";
import * as entries from "../circle/entries.ts";
import { randomBytes } from "../circle/envelope.ts";
import type { Link } from "../circle/invitation.ts";
import type { LogDocument } from "../circle/log.ts";
import { requestCode, requestEntry } from "../circle/request.ts";
import type { Asking, Beside, Client, LinkView, ProfileView, Role } from "../client.ts";
import type { ProfileKeys } from "../keystore.ts";
import type { Profile } from "../records.gen.ts";
import { askPath, awaitAnswer, isAsking, NotLetIn, requestOf } from "./asking.ts";
import { bundleOf, FOUND_PATH, logPath, Refused, settle, unnamed } from "./bundles.ts";
import type { OpenCare } from "./care.ts";
import { Clock } from "./clock.ts";
import { KeyRing } from "./keyring.ts";
import { Line } from "./line.ts";
import {
  BrokenLink,
  type Enrolment,
  fetchInvitation,
  markOf,
  purposeOf,
  readLink,
  whyBroken,
} from "./links.ts";
import { keepStorage } from "./offline.ts";
import type { Phone } from "./phone.ts";
import { OpenProfile, shutElsewhere } from "./profile.ts";
import { finishWipes, freePicture, markWiping, wipeProfile } from "./profiles.ts";
import type { CircleRow, PendingRow, ProfileRow, Shelf } from "./shelf.ts";

type JoinLink = Extract<Link, { kind: "join" }>;

const TRIES = 5;

/** Everything behind the door; settles first what an earlier run left unanswered. */
export async function enter(phone: Phone, shelf: Shelf): Promise<Entrance> {
  const entrance = new Entrance(phone, shelf, await Clock.open(phone, shelf));
  entrance.goOn().catch(() => {});
  return entrance;
}

export class Entrance {
  readonly #phone: Phone;
  readonly #shelf: Shelf;
  readonly #clock: Clock;
  readonly #line: Line;
  readonly #opened = new Map<string, Promise<OpenProfile>>();
  readonly #keys = new KeyRing();

  constructor(phone: Phone, shelf: Shelf, clock: Clock) {
    this.#phone = phone;
    this.#shelf = shelf;
    this.#clock = clock;
    this.#line = new Line(phone, clock);
  }

  /** Send again what belongs to profiles that are not ready; remove those that were never begun. */
  goOn(): Promise<void> {
    return this.#alone(async () => {
      await finishWipes(this.#shelf);
      const pending = await this.#shelf.all("pending");
      for (const profile of await this.#shelf.all("profiles")) {
        if (profile.ready || profile.beside) continue;
        const row = pending.find((waiting) => waiting.profile === profile.id);
        if (row === undefined) await this.#forgetProfile(profile.id);
        else if (!isAsking(row)) await this.#complete(profile, row).catch(() => {});
      }
    });
  }

  /**
   * Open a profile of this phone.
   *
   * @param keys Its keys, where a lock lies over them.
   * @throws ProfileLocked There is a lock, and the keys were not given.
   */
  async open(profileId: string, keys?: ProfileKeys): Promise<Client> {
    if (keys !== undefined) {
      this.#keys.hold(profileId, keys);
      // Somebody may be about to learn that it is locked.
      await this.#opened.get(profileId)?.catch(() => {});
    }
    return (await this.#openProfile(profileId)).start();
  }

  /** Close a profile if it is open: nothing of its keys stays in memory here. */
  async shut(profileId: string): Promise<void> {
    await (await this.#opened.get(profileId)?.catch(() => undefined))?.close();
    this.#keys.drop(profileId);
  }

  /** Remember whether a number is asked for: what the door shows before a profile is opened. */
  async noteLock(profileId: string, locked: boolean): Promise<void> {
    const row = await this.#shelf.get("profiles", profileId);
    if (row !== undefined) await this.#shelf.put("profiles", { ...row, locked });
  }

  /** Take a profile off this phone: its keys first, then all that it has stored. */
  wipe(profileId: string): Promise<void> {
    return this.#alone(async () => {
      // Marked first: from now on nobody opens it, whatever happens to this page.
      await markWiping(this.#shelf, profileId);
      await this.shut(profileId);
      shutElsewhere(this.#phone, profileId);
      await wipeProfile(this.#shelf, profileId);
    });
  }

  async look(fragment: string): Promise<LinkView> {
    try {
      const link = readLink(fragment);
      if (link.kind === "setup") return { kind: "setup" };
      // Whether the ticket is good is seen when it is used.
      if (link.kind === "enrol") return { kind: "join", role: "patient", purpose: "patient" };
      const { membership, invited } = await fetchInvitation(this.#line, link, this.#clock);
      const { role, mode } = invited.invitation;
      return { kind: "join", role: role as Role, purpose: purposeOf(membership), mode };
    } catch (error) {
      return { kind: "broken", why: whyBroken(error) };
    }
  }

  /** @param pin For keys that this browser does not keep by itself. */
  found(
    fragment: string,
    names: { readonly clinic: string; readonly person: string },
    pin = "",
  ): Promise<Client> {
    return this.#alone(() => {
      this.#keys.pin = pin;
      return this.#found(fragment, names);
    });
  }

  /** @param pin For keys that this browser does not keep by itself. */
  join(fragment: string, profileId?: string, pin = ""): Promise<Client> {
    return this.#alone(() => {
      this.#keys.pin = pin;
      return this.#join(fragment, profileId);
    });
  }

  /** Ask to be let in by a link that only lets one ask; `pin` as in `join`. */
  ask(fragment: string, profileId?: string, pin = ""): Promise<Asking> {
    return this.#alone(async () => {
      this.#keys.pin = pin;
      const link = readLink(fragment);
      if (link.kind !== "join") throw new BrokenLink("incomplete");
      const mark = await markOf(fragment);
      const waiting = await this.#pendingOf(mark);
      return this.#asking(waiting ?? (await this.#prepareAsking(link, mark, profileId)));
    });
  }

  /**
   * Come in by a printed card: this phone becomes one more device of its owner, everywhere.
   *
   * @throws CircleError `schema`, `target`, `removed`, `limit`, `tag`: what is wrong with the card.
   */
  recover(code: string, pin = ""): Promise<Client> {
    return this.#alone(async () => {
      this.#keys.pin = pin;
      const { CardHolder } = await import("./card-holder.ts");
      const holder = await CardHolder.of(code, this.#phone, this.#line, this.#clock);
      const { profile, keys } = await this.#newProfile(holder.role);
      try {
        for await (const circle of holder.bringIn(keys.pub)) {
          await this.#shelf.put("circles", { profile, ...circle });
        }
      } catch (error) {
        // Nowhere in: as if nothing had been; else the card can be used for the rest again.
        if ((await this.#shelf.all("circles", profile)).length === 0) {
          await this.#forgetProfile(profile);
          throw error;
        }
      }
      await this.#isReady(profile);
      return this.#welcome(await this.#openProfile(profile));
    });
  }

  /** Stand beside a phone that is in a circle; `pin` as in `join`. */
  beside(pin = ""): Promise<Beside> {
    return this.#alone(async () => {
      this.#keys.pin = pin;
      const { besideOf } = await import("./beside.ts");
      return besideOf(this.#shelf, {
        make: () => this.#newProfile("patient"),
        keys: (id) => this.#keys.of(id),
        open: async (id) => this.#welcome(await this.#openProfile(id)),
      });
    });
  }

  /** What was asked in an earlier run and has no answer yet. */
  async asked(): Promise<readonly Asking[]> {
    const rows = (await this.#shelf.all("pending")).filter(isAsking);
    return Promise.all(rows.map((row) => this.#asking(row)));
  }

  async #asking(row: PendingRow): Promise<Asking> {
    const device = requestOf(row)._id.slice(-21);
    let stop = () => {};
    const stopped = new Promise<void>((resolve) => {
      stop = resolve;
    });
    const opened = awaitAnswer(this.#phone, this.#line, row, stopped).then(
      (log) => this.#letIn(row, log),
      async (error: unknown) => {
        if (error instanceof NotLetIn || error instanceof Refused) await this.#notLetIn(row);
        throw error;
      },
    );
    // Whoever shows it waits for it.
    opened.catch(() => {});
    return { digits: await requestCode(row.circle, device), opened, stop };
  }

  async #letIn(row: PendingRow, log: readonly LogDocument[]): Promise<Client> {
    const [last, ...earlier] = [...log].reverse();
    if (last === undefined) throw new Error("a log has an entry");
    await this.#isReady(row.profile);
    const opened = await this.#openProfile(row.profile);
    const kept = await this.#shelf.get("circles", row.profile, row.circle);
    if (kept === undefined) throw new Error("the circle of this request is gone");
    const care = await opened.enter(kept);
    await care.adopt({ log: last, wraps: [] }, earlier.reverse());
    await this.#shelf.remove("pending", row.profile, row.circle);
    return this.#welcome(opened);
  }

  async #notLetIn(row: PendingRow): Promise<void> {
    await this.#shelf.remove("pending", row.profile, row.circle);
    await this.#forget(row);
  }

  /** Store keys and request of a device that asks, and the log up to which it has seen. */
  async #prepareAsking(
    link: JoinLink,
    mark: string,
    profileId: string | undefined,
  ): Promise<PendingRow> {
    const { membership, invited } = await fetchInvitation(this.#line, link, this.#clock);
    const { circle } = link;
    const role = invited.invitation.role as Role;
    const { profile, keys } =
      profileId === undefined
        ? await this.#newProfile(role)
        : { profile: profileId, keys: await this.#keys.of(profileId) };
    const req = await requestEntry(invited, circle, keys);
    const pin = { seq: membership.seq, hash: membership.head };
    const row = {
      profile,
      circle,
      path: askPath(circle),
      body: JSON.stringify({ req }),
      link: mark,
    };
    await this.#shelf.put("circles", {
      profile,
      circle,
      purpose: purposeOf(membership),
      role,
      pin,
    });
    await this.#shelf.put("pending", row);
    return row;
  }

  /** One admission at a time, also among windows. */
  #alone<T>(act: () => Promise<T>): Promise<T> {
    return this.#phone.locks.request("rejoint admission", {}, act);
  }

  async #found(
    fragment: string,
    names: { readonly clinic: string; readonly person: string },
  ): Promise<Client> {
    const link = readLink(fragment);
    if (link.kind !== "setup") throw new BrokenLink("incomplete");
    const mark = await markOf(fragment);
    // Asked first: the founding entry is dated by the server's clock.
    await this.#line.ask("/healthz");
    const row = (await this.#pendingOf(mark)) ?? (await this.#prepareClinic(link.secret, mark));
    const opened = await this.#openProfile(row.profile);
    const care = await this.#careOf(opened, row);
    await care.adopt(bundleOf(row));
    const member = care.member ?? "";
    await care.write<Profile>({ type: "profile", about: "clinic", name: names.clinic });
    await care.write<Profile>({ type: "profile", about: "member", member, name: names.person });
    await this.#send(row);
    return this.#welcome(opened);
  }

  async #join(fragment: string, profileId: string | undefined): Promise<Client> {
    const link = readLink(fragment);
    if (link.kind === "setup") throw new BrokenLink("incomplete");
    const mark = await markOf(fragment);
    for (let tries = 1; ; tries += 1) {
      const waiting = await this.#pendingOf(mark);
      const prepare = () =>
        link.kind === "enrol"
          ? this.#prepareEnrolment(link, mark)
          : this.#prepareJoin(link, mark, profileId);
      const row = waiting ?? (await prepare());
      try {
        await this.#send(row);
      } catch (error) {
        const overtaken = error instanceof Refused && /^(seq|prev|ts)$/.test(error.code);
        if (overtaken && tries < TRIES) continue;
        throw error instanceof Refused ? new BrokenLink(whyBroken(error)) : error;
      }
      const opened = await this.#openProfile(row.profile);
      await this.#careOf(opened, row);
      return this.#welcome(opened);
    }
  }

  /** Store keys, profile, circle and request of a clinic that is to be founded. */
  #prepareClinic(setup: string, link: string): Promise<PendingRow> {
    const row = { purpose: "clinic", role: "admin" } as const;
    return this.#prepareFounding({ row, clinic: "", right: { setup }, link });
  }

  /** The same for a patient who founds the own circle by a ticket of the clinic. */
  async #prepareEnrolment(enrolment: Enrolment, link: string): Promise<PendingRow> {
    const { clinicians } = await import("./bring-along.ts");
    const wished = await clinicians(this.#line, enrolment);
    const row = { purpose: "patient", role: "patient", wished } as const;
    const { clinic, ticket } = enrolment;
    return this.#prepareFounding({ row, clinic, right: { ticket }, link });
  }

  async #prepareFounding(founding: {
    readonly row: Pick<CircleRow, "purpose" | "wished"> & { readonly role: "admin" | "patient" };
    readonly clinic: string;
    /** What gives the right to found: a set-up secret or a ticket. */
    readonly right: Readonly<Record<string, string>>;
    readonly link: string;
  }): Promise<PendingRow> {
    const { row, clinic, right, link } = founding;
    const { purpose, role } = row;
    const { profile, keys } = await this.#newProfile(role);
    const member = entries.drawMember();
    const terms = { purpose, adds: "members", clinic, role, member } as const;
    const { bundle, membership } = await entries.found(keys, terms, this.#clock.serverS);
    const { circle } = membership;
    const body = JSON.stringify({ ...bundle, ...right });
    const pending = { profile, circle, path: FOUND_PATH, body, link };
    await this.#shelf.put("circles", { profile, circle, ...row });
    await this.#shelf.put("pending", pending);
    if (row.wished !== undefined) this.#logs.set(circle, []);
    return pending;
  }

  /** Store keys and request of a device that is to join, and the log as it was then. */
  async #prepareJoin(
    link: JoinLink,
    mark: string,
    profileId: string | undefined,
  ): Promise<PendingRow> {
    const { membership, log, invited } = await fetchInvitation(this.#line, link, this.#clock);
    const { circle } = link;
    const role = invited.invitation.role as Role;
    const { profile, keys } =
      profileId === undefined
        ? await this.#newProfile(role)
        : { profile: profileId, keys: await this.#keys.of(profileId) };
    const { bundle } = await entries.join(keys, membership, invited, this.#clock.serverS);
    const purpose = purposeOf(membership);
    const row = {
      profile,
      circle,
      path: logPath(circle),
      body: JSON.stringify(bundle),
      link: mark,
    };
    await this.#shelf.put("circles", { profile, circle, purpose, role });
    await this.#shelf.put("pending", row);
    this.#logs.set(circle, log);
    return row;
  }

  /** Logs that invitations brought, until the join that they belong to is settled. */
  readonly #logs = new Map<string, readonly LogDocument[]>();

  /** Send a prepared request; when it is refused, what was prepared for it goes. */
  async #send(row: PendingRow): Promise<void> {
    try {
      await settle(this.#shelf, row, unnamed(this.#line));
    } catch (error) {
      if (error instanceof Refused) await this.#forget(row);
      throw error;
    }
    await this.#isReady(row.profile);
  }

  async #isReady(profile: string): Promise<void> {
    await this.#shelf.update("profiles", [profile], (row) => ({
      ...(row as ProfileRow),
      ready: true,
    }));
  }

  /** At a later start: send what waits and make the profile usable. */
  async #complete(profile: ProfileRow, row: PendingRow): Promise<void> {
    await this.#send(row);
    const opened = await this.#openProfile(profile.id);
    await this.#careOf(opened, row);
  }

  async #forget(row: PendingRow): Promise<void> {
    const opened = this.#opened.get(row.profile);
    const profile = await this.#shelf.get("profiles", row.profile);
    if (opened !== undefined) await (await opened).leave(row.circle).catch(() => {});
    await this.#shelf.remove("circles", row.profile, row.circle);
    if (profile?.ready === false) await this.#forgetProfile(row.profile);
  }

  async #forgetProfile(id: string): Promise<void> {
    await this.shut(id);
    await wipeProfile(this.#shelf, id);
  }

  /** The circle of a request in its profile, with what is known of its log. */
  async #careOf(opened: OpenProfile, row: PendingRow): Promise<OpenCare> {
    const kept = await this.#shelf.get("circles", row.profile, row.circle);
    if (kept === undefined) throw new Error("the circle of this request is gone");
    const care = await opened.enter(kept);
    const log = this.#logs.get(row.circle);
    if (log !== undefined) {
      await care.adopt(bundleOf(row), log);
      this.#logs.delete(row.circle);
    }
    return care;
  }

  async #pendingOf(mark: string): Promise<PendingRow | undefined> {
    return (await this.#shelf.all("pending")).find(({ link }) => link === mark);
  }

  async #newProfile(role: Role) {
    const id = b64uEncode(randomBytes(9));
    const keys = await this.#keys.make(id);
    const picture = freePicture(await this.#shelf.all("profiles"));
    const locked = this.#keys.has(id);
    await this.#shelf.put("profiles", { id, picture, role, device: keys.id, locked, ready: false });
    return { profile: id, keys };
  }

  #openProfile(id: string): Promise<OpenProfile> {
    let opened = this.#opened.get(id);
    if (opened === undefined) {
      opened = this.#openNew(id);
      this.#opened.set(id, opened);
      opened.catch(() => this.#opened.delete(id));
    }
    return opened;
  }

  async #openNew(id: string): Promise<OpenProfile> {
    const row = await this.#shelf.get("profiles", id);
    if (row === undefined || row.wiping) throw new Error("there is no such profile on this phone");
    const { picture, role, locked = false } = row;
    const view: ProfileView = { id, picture, role, locked };
    const keys = await this.#keys.of(id);
    const closed = () => {
      this.#opened.delete(id);
      this.#keys.drop(id);
    };
    return OpenProfile.open(this.#phone, this.#shelf, view, keys, closed);
  }

  async #welcome(opened: OpenProfile): Promise<Client> {
    // A browser may ask its owner; the answer changes nothing here.
    keepStorage().catch(() => {});
    opened.expectNews();
    return opened.start();
  }
}
