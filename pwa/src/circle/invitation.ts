/**
 * Links and what hides behind them: 16 random bytes that open one invitation of one circle.
 *
 * Source: docs/circle.md, "Admission".
 */
import { type Bytes, b64uDecode, b64uEncode, concat, jcs, parseJcs, utf8 } from "./encoding.ts";
import { aesOpen, aesSeal, es256Sign, hkdf, hkdfKey, importPair, randomBytes } from "./envelope.ts";
import { checkCommit, currentEpoch, EpochSecrets } from "./epochs.ts";
import { CircleError } from "./errors.ts";
import { hasExactly, isCircle } from "./grammar.ts";
import type { Signer } from "./jws.ts";
import type { Invitation, Membership } from "./log.ts";

/** The fragment of a link: a place in a circle, or the founding of the clinic. */
export type Link =
  | { readonly kind: "join"; readonly circle: string; readonly secret: string }
  | { readonly kind: "setup"; readonly secret: string };

/** An invitation's sealed part as it is stored. */
export interface InvitationDocument {
  readonly _id: string;
  readonly _rev?: string;
  readonly k: string;
}

/** What the sealed part of an invitation brings. */
export interface InvitationSecret {
  /** Scalar of the invitation's signing key, base64url. */
  readonly ssk: string;
  /** Seq and hash of its entry. */
  readonly head: readonly [number, string];
  /** Secrets of the streams that it opens, base64url. */
  readonly es: Readonly<Partial<Record<"c" | "k", string>>>;
}

const SECRET_BYTES = 16;
const LINK = /^#?(?:j1\.([^.]*)|s1)\.([\w-]{22})$/;

/** A new secret of a link, 22 characters. */
export function drawLinkSecret(): string {
  return b64uEncode(randomBytes(SECRET_BYTES));
}

/**
 * Read what follows the `#` of a link; the `#` may be there.
 *
 * @throws CircleError `invite`: cut, changed or of another kind.
 */
export function parseLink(fragment: string): Link {
  const [, circle, secret] = LINK.exec(fragment.trim()) ?? [];
  try {
    if (secret !== undefined && b64uDecode(secret).length === SECRET_BYTES) {
      if (circle === undefined) {
        return { kind: "setup", secret };
      }
      if (isCircle(circle)) {
        return { kind: "join", circle, secret };
      }
    }
  } catch (error) {
    if (!(error instanceof CircleError)) {
      throw error;
    }
  }
  throw new CircleError("invite", "this link is incomplete");
}

/** The link for an origin, `https://host`. */
export function formatLink(origin: string, link: Link): string {
  const fragment = link.kind === "setup" ? `s1.${link.secret}` : `j1.${link.circle}.${link.secret}`;
  return `${origin}/#${fragment}`;
}

/** The id of the invitation that a link's secret opens. */
export async function invitationId(circle: string, secret: string): Promise<string> {
  return `i${b64uEncode(await hkdf(b64uDecode(secret), circle, "rj1 inv id", 16))}`;
}

/** Seal what an invitation brings under the secret of its link. */
export async function sealInvitation(
  circle: string,
  secret: string,
  content: InvitationSecret,
  nonce?: Bytes,
): Promise<InvitationDocument> {
  const [iid, key] = await idAndKey(circle, secret);
  const sealed = await aesSeal(key, jcs({ v: 1, ...content }), aadOf(circle, iid), nonce);
  return { _id: `inv:${iid}`, k: b64uEncode(sealed) };
}

/**
 * What an invitation brings.
 *
 * @throws CircleError `invite`: of another link; `tag`: changed; `canon`, `schema`: not what one
 *   holds.
 */
export async function openInvitation(
  circle: string,
  secret: string,
  doc: InvitationDocument,
): Promise<InvitationSecret> {
  const [iid, key] = await idAndKey(circle, secret);
  if (doc._id !== `inv:${iid}`) {
    throw new CircleError("invite", "the invitation belongs to another link");
  }
  const opened = parseJcs(await aesOpen(key, b64uDecode(doc.k), aadOf(circle, iid)));
  const is32 = (value: unknown) => typeof value === "string" && b64uDecode(value).length === 32;
  const isHead = (value: unknown) =>
    Array.isArray(value) && value.length === 2 && Number.isInteger(value[0]) && is32(value[1]);
  const isSecrets = (value: unknown) => hasExactly(value, { c: is32 });
  const rules = { v: (value: unknown) => value === 1, ssk: is32, head: isHead, es: isSecrets };
  if (!hasExactly(opened, rules)) {
    throw new CircleError("schema", "an invitation has a wrong or missing part");
  }
  return opened as unknown as InvitationSecret;
}

/**
 * Look an opened invitation up in the log that came with it.
 *
 * @param now Unix seconds by the server's clock.
 * @returns The invitation as the log knows it, and the secrets it opens.
 * @throws CircleError `circle`, `fork`: another log; `invite`: no longer open; `commit`: its key is
 *   not the one of the log.
 */
export async function checkInvitation(
  membership: Membership,
  link: { readonly circle: string; readonly secret: string },
  content: InvitationSecret,
  now: number,
): Promise<{ invitation: Invitation; secrets: EpochSecrets }> {
  if (membership.circle !== link.circle) {
    throw new CircleError("circle", "the member list belongs to another circle");
  }
  const iid = await invitationId(link.circle, link.secret);
  const invitation = membership.openInvitations(now).find((open) => open.iid === iid);
  const [seq, hash] = content.head;
  if (membership.heads[seq] !== hash) {
    throw new CircleError("fork", "the member list is not the one that the invitation is from");
  }
  if (invitation === undefined || invitation.seq !== seq) {
    throw new CircleError("invite", "the invitation is used, withdrawn or expired");
  }
  const epoch = currentEpoch(membership, "c");
  const es = b64uDecode(content.es.c ?? "");
  await checkCommit(es, "c", epoch);
  return { invitation, secrets: new EpochSecrets(link.circle).with("c", epoch.e, es) };
}

/** The invitation's own signature, with which it admits one device. */
export async function invitationSigner(
  invitation: Invitation,
  content: InvitationSecret,
): Promise<Signer> {
  const pair = await importPair("sign", content.ssk, invitation.spk);
  return { sign: (message) => es256Sign(pair.privateKey, message) };
}

async function idAndKey(circle: string, secret: string): Promise<[string, CryptoKey]> {
  const iid = invitationId(circle, secret);
  return Promise.all([iid, hkdfKey(b64uDecode(secret), circle, "rj1 invite")]);
}

function aadOf(circle: string, iid: string): Bytes {
  return concat(utf8("rj1 invite\0"), jcs([circle, iid]));
}
