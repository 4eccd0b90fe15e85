/** Links that lead into a circle, as the door reads them. */
import { b64uEncode, utf8 } from "../circle/encoding.ts";
import type * as entries from "../circle/entries.ts";
import { sha256 } from "../circle/envelope.ts";
import { CircleError } from "../circle/errors.ts";
import {
  checkInvitation,
  type InvitationDocument,
  invitationId,
  type Link,
  openInvitation,
  parseLink,
} from "../circle/invitation.ts";
import { type LogDocument, Membership } from "../circle/log.ts";
import type { LinkView } from "../client.ts";
import { FOUND_PATH, Refused, refusal } from "./bundles.ts";
import type { Clock } from "./clock.ts";
import { type Line, LineError } from "./line.ts";

type JoinLink = Extract<Link, { kind: "join" }>;
type Broken = Extract<LinkView, { kind: "broken" }>["why"];

/** A link that leads nowhere; `why` as in `LinkView`. */
export class BrokenLink extends Error {
  override readonly name = "BrokenLink";
  readonly why: Broken;

  constructor(why: Broken) {
    super(`the link is ${why}`);
    this.why = why;
  }
}

/** What stands behind an invitation link, checked. */
export interface Invitation {
  readonly membership: Membership;
  readonly log: readonly LogDocument[];
  readonly invited: Parameters<typeof entries.join>[2];
}

/**
 * Look up what an invitation link leads to.
 *
 * @throws BrokenLink; CircleError: what is there is not what the link promises.
 */
export async function fetchInvitation(
  line: Line,
  link: JoinLink,
  clock: Clock,
): Promise<Invitation> {
  const iid = await invitationId(link.circle, link.secret);
  const answer = await line.ask(`${FOUND_PATH}/${link.circle}/invitations/${iid}`);
  if (answer.status === 404) throw new BrokenLink("unknown");
  if (answer.status !== 200) throw refusal(answer);
  const { log: stored, inv } = answer.json as {
    log: readonly LogDocument[];
    inv: InvitationDocument | null;
  };
  const log = stored.map(({ _id, j }) => ({ _id, j }));
  const membership = await Membership.replay(link.circle, log);
  const known = membership.invitations.get(iid);
  const now = clock.serverS;
  if (known?.state === "used") throw new BrokenLink("used");
  if (known === undefined || known.state !== "open" || inv === null || now > known.exp) {
    throw new BrokenLink("expired");
  }
  const content = await openInvitation(link.circle, link.secret, inv);
  const { invitation, secrets } = await checkInvitation(membership, link, content, now);
  return { membership, log, invited: { invitation, content, secrets } };
}

/** Which of the two kinds of circles that the screens know. */
export function purposeOf(membership: Membership): "patient" | "clinic" {
  return membership.purpose === "clinic" ? "clinic" : "patient";
}

/** What is kept of a link, so that opening it again goes on: its hash, not its secret. */
export async function markOf(fragment: string): Promise<string> {
  return b64uEncode(await sha256(utf8(`rejoint link\0${fragment.trim().replace(/^#/, "")}`)));
}

/** The right to found one patient's circle, with the therapists who are to be in it. */
export interface Enrolment {
  readonly kind: "enrol";
  readonly clinic: string;
  /** 22 characters; the server knows its hash. */
  readonly ticket: string;
  readonly devices: readonly string[];
}

const ENROLMENT = /^#?e1\.(c[0-9a-f]{40})\.([\w-]{22})((?:\.d[\w-]{20})+)$/;

/**
 * Read a fragment.
 *
 * @throws BrokenLink
 */
export function readLink(fragment: string): Link | Enrolment {
  const [, clinic, ticket, devices = ""] = ENROLMENT.exec(fragment.trim()) ?? [];
  if (clinic !== undefined && ticket !== undefined) {
    return { kind: "enrol", clinic, ticket, devices: devices.slice(1).split(".") };
  }
  try {
    return parseLink(fragment);
  } catch {
    throw new BrokenLink("incomplete");
  }
}

/** Which of the few things that can be wrong with a link this is. */
export function whyBroken(error: unknown): Broken {
  if (error instanceof BrokenLink) return error.why;
  if (error instanceof LineError) return "offline";
  if (error instanceof Refused) return error.code === "invite" ? "used" : "unknown";
  if (error instanceof CircleError)
    return error.reason.includes("incomplete") ? "incomplete" : "unknown";
  throw error;
}
