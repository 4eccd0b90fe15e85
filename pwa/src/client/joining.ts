/**
 * The ways into a circle: founding the clinic by the setup link, joining by an invitation, asking to
 * be let in, a printed card. All of them need a network, and so does fetching this.
 *
 * A profile is made whole before the server hears of it: keys that were read back, the request
 * stored, the first records sealed. So a lost answer or a killed app costs nothing: the same link,
 * or the next start, sends the same bytes again.
 */
import * as entries from "../circle/entries.ts";
import type { Link } from "../circle/invitation.ts";
import type { LogDocument } from "../circle/log.ts";
import { requestCode, requestEntry } from "../circle/request.ts";
import type { Asking, Client, LinkView, Role } from "../client.ts";
import type { ProfileKeys } from "../keystore.ts";
import type { Profile } from "../records.gen.ts";
import { awaitAnswer, NotLetIn, requestOf } from "./asking.ts";
import {
  askPath,
  bundleOf,
  FOUND_PATH,
  isAsking,
  logPath,
  Refused,
  settle,
  unnamed,
} from "./bundles.ts";
import type { OpenCare } from "./care.ts";
import type { Clock } from "./clock.ts";
import type { KeyRing } from "./keyring.ts";
import type { Line } from "./line.ts";
import {
  BrokenLink,
  type Enrolment,
  fetchInvitation,
  markOf,
  purposeOf,
  readLink,
  whyBroken,
} from "./links.ts";
import type { Phone } from "./phone.ts";
import type { OpenProfile } from "./profile.ts";
import type { CircleRow, PendingRow, ProfileRow, Shelf } from "./shelf.ts";

type JoinLink = Extract<Link, { kind: "join" }>;

const TRIES = 5;

/** The phone's profiles, for those who come in. */
export interface House {
  readonly phone: Phone;
  readonly shelf: Shelf;
  readonly clock: Clock;
  readonly line: Line;
  readonly keys: KeyRing;
  /** Make keys and a profile that is not ready yet. */
  newProfile(role: Role): Promise<{ readonly profile: string; readonly keys: ProfileKeys }>;
  /** From now on it is shown at the door. */
  isReady(profile: string): Promise<void>;
  openProfile(profile: string): Promise<OpenProfile>;
  /** The profile of this id where it is open. */
  opened(profile: string): Promise<OpenProfile> | undefined;
  forgetProfile(profile: string): Promise<void>;
  /** Begin to sync, with news on their way. */
  welcome(opened: OpenProfile): Promise<Client>;
}

export class Joining {
  readonly #of: House;
  /** Logs that invitations brought, until the join that they belong to is settled. */
  readonly #logs = new Map<string, readonly LogDocument[]>();

  constructor(of: House) {
    this.#of = of;
  }

  async look(fragment: string): Promise<LinkView> {
    try {
      const link = readLink(fragment);
      if (link.kind === "setup") return { kind: "setup" };
      // Whether the ticket is good is seen when it is used.
      if (link.kind === "enrol") return { kind: "join", role: "patient", purpose: "patient" };
      const { membership, invited } = await fetchInvitation(this.#of.line, link, this.#of.clock);
      const { role, mode } = invited.invitation;
      return { kind: "join", role: role as Role, purpose: purposeOf(membership), mode };
    } catch (error) {
      return { kind: "broken", why: whyBroken(error) };
    }
  }

  async found(
    fragment: string,
    names: { readonly clinic: string; readonly person: string },
  ): Promise<Client> {
    const link = readLink(fragment);
    if (link.kind !== "setup") throw new BrokenLink("incomplete");
    const mark = await markOf(fragment);
    // Asked first: the founding entry is dated by the server's clock.
    await this.#of.line.ask("/healthz");
    const row = (await this.#pendingOf(mark)) ?? (await this.#prepareClinic(link.secret, mark));
    const opened = await this.#of.openProfile(row.profile);
    const care = await this.#careOf(opened, row);
    await care.adopt(bundleOf(row));
    const member = care.member ?? "";
    await care.write<Profile>({ type: "profile", about: "clinic", name: names.clinic });
    await care.write<Profile>({ type: "profile", about: "member", member, name: names.person });
    await this.#send(row);
    return this.#of.welcome(opened);
  }

  async join(fragment: string, profileId: string | undefined): Promise<Client> {
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
      const opened = await this.#of.openProfile(row.profile);
      await this.#careOf(opened, row);
      return this.#of.welcome(opened);
    }
  }

  async ask(fragment: string, profileId?: string): Promise<Asking> {
    const link = readLink(fragment);
    if (link.kind !== "join") throw new BrokenLink("incomplete");
    const mark = await markOf(fragment);
    const waiting = await this.#pendingOf(mark);
    return this.#asking(waiting ?? (await this.#prepareAsking(link, mark, profileId)));
  }

  /**
   * Come in by a printed card: this phone becomes one more device of its owner, everywhere.
   *
   * @throws CircleError `schema`, `target`, `removed`, `limit`, `tag`: what is wrong with the card.
   */
  async recover(code: string): Promise<Client> {
    const { CardHolder } = await import("./card-holder.ts");
    const holder = await CardHolder.of(code, this.#of.phone, this.#of.line, this.#of.clock);
    const { profile, keys } = await this.#of.newProfile(holder.role);
    try {
      for await (const circle of holder.bringIn(keys.pub)) {
        await this.#of.shelf.put("circles", { profile, ...circle });
      }
    } catch (error) {
      // Nowhere in: as if nothing had been; else the card can be used for the rest again.
      if ((await this.#of.shelf.all("circles", profile)).length === 0) {
        await this.#of.forgetProfile(profile);
        throw error;
      }
    }
    await this.#of.isReady(profile);
    return this.#of.welcome(await this.#of.openProfile(profile));
  }

  /** What was asked in an earlier run and has no answer yet. */
  async asked(): Promise<readonly Asking[]> {
    const rows = (await this.#of.shelf.all("pending")).filter(isAsking);
    return Promise.all(rows.map((row) => this.#asking(row)));
  }

  async #asking(row: PendingRow): Promise<Asking> {
    const device = requestOf(row)._id.slice(-21);
    let stop = () => {};
    const stopped = new Promise<void>((resolve) => {
      stop = resolve;
    });
    const opened = awaitAnswer(this.#of.phone, this.#of.line, row, stopped).then(
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
    await this.#of.isReady(row.profile);
    const opened = await this.#of.openProfile(row.profile);
    const kept = await this.#of.shelf.get("circles", row.profile, row.circle);
    if (kept === undefined) throw new Error("the circle of this request is gone");
    const care = await opened.enter(kept);
    await care.adopt({ log: last, wraps: [] }, earlier.reverse());
    await this.#of.shelf.remove("pending", row.profile, row.circle);
    return this.#of.welcome(opened);
  }

  async #notLetIn(row: PendingRow): Promise<void> {
    await this.#of.shelf.remove("pending", row.profile, row.circle);
    await this.#forget(row);
  }

  /** Store keys and request of a device that asks, and the log up to which it has seen. */
  async #prepareAsking(
    link: JoinLink,
    mark: string,
    profileId: string | undefined,
  ): Promise<PendingRow> {
    const { membership, invited } = await fetchInvitation(this.#of.line, link, this.#of.clock);
    const { circle } = link;
    const role = invited.invitation.role as Role;
    const { profile, keys } =
      profileId === undefined
        ? await this.#of.newProfile(role)
        : { profile: profileId, keys: await this.#of.keys.of(profileId) };
    const req = await requestEntry(invited, circle, keys);
    const pin = { seq: membership.seq, hash: membership.head };
    const row = {
      profile,
      circle,
      path: askPath(circle),
      body: JSON.stringify({ req }),
      link: mark,
    };
    await this.#of.shelf.put("circles", {
      profile,
      circle,
      purpose: purposeOf(membership),
      role,
      pin,
    });
    await this.#of.shelf.put("pending", row);
    return row;
  }

  /** Store keys, profile, circle and request of a clinic that is to be founded. */
  #prepareClinic(setup: string, link: string): Promise<PendingRow> {
    const row = { purpose: "clinic", role: "admin" } as const;
    return this.#prepareFounding({ row, clinic: "", right: { setup }, link });
  }

  /** The same for a patient who founds the own circle by a ticket of the clinic. */
  async #prepareEnrolment(enrolment: Enrolment, link: string): Promise<PendingRow> {
    const { clinicians } = await import("./bring-along.ts");
    const wished = await clinicians(this.#of.line, enrolment);
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
    const { profile, keys } = await this.#of.newProfile(role);
    const member = entries.drawMember();
    const terms = { purpose, adds: "members", clinic, role, member } as const;
    const { bundle, membership } = await entries.found(keys, terms, this.#of.clock.serverS);
    const { circle } = membership;
    const body = JSON.stringify({ ...bundle, ...right });
    const pending = { profile, circle, path: FOUND_PATH, body, link };
    await this.#of.shelf.put("circles", { profile, circle, ...row });
    await this.#of.shelf.put("pending", pending);
    if (row.wished !== undefined) this.#logs.set(circle, []);
    return pending;
  }

  /** Store keys and request of a device that is to join, and the log as it was then. */
  async #prepareJoin(
    link: JoinLink,
    mark: string,
    profileId: string | undefined,
  ): Promise<PendingRow> {
    const { membership, log, invited } = await fetchInvitation(this.#of.line, link, this.#of.clock);
    const { circle } = link;
    const role = invited.invitation.role as Role;
    const { profile, keys } =
      profileId === undefined
        ? await this.#of.newProfile(role)
        : { profile: profileId, keys: await this.#of.keys.of(profileId) };
    const { bundle } = await entries.join(keys, membership, invited, this.#of.clock.serverS);
    const purpose = purposeOf(membership);
    const row = {
      profile,
      circle,
      path: logPath(circle),
      body: JSON.stringify(bundle),
      link: mark,
    };
    await this.#of.shelf.put("circles", { profile, circle, purpose, role });
    await this.#of.shelf.put("pending", row);
    this.#logs.set(circle, log);
    return row;
  }

  /** Send a prepared request; when it is refused, what was prepared for it goes. */
  async #send(row: PendingRow): Promise<void> {
    try {
      await settle(this.#of.shelf, row, unnamed(this.#of.line));
    } catch (error) {
      if (error instanceof Refused) await this.#forget(row);
      throw error;
    }
    await this.#of.isReady(row.profile);
  }

  /** At a later start: send what waits and make the profile usable. */
  async complete(profile: ProfileRow, row: PendingRow): Promise<void> {
    await this.#send(row);
    const opened = await this.#of.openProfile(profile.id);
    await this.#careOf(opened, row);
  }

  async #forget(row: PendingRow): Promise<void> {
    const opened = this.#of.opened(row.profile);
    const profile = await this.#of.shelf.get("profiles", row.profile);
    if (opened !== undefined) await (await opened).leave(row.circle).catch(() => {});
    await this.#of.shelf.remove("circles", row.profile, row.circle);
    if (profile?.ready === false) await this.#of.forgetProfile(row.profile);
  }

  /** The circle of a request in its profile, with what is known of its log. */
  async #careOf(opened: OpenProfile, row: PendingRow): Promise<OpenCare> {
    const kept = await this.#of.shelf.get("circles", row.profile, row.circle);
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
    return (await this.#of.shelf.all("pending")).find(({ link }) => link === mark);
  }
}
