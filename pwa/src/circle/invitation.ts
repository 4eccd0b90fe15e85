/**
 * Links and what hides behind them: 16 random bytes that open one invitation of one circle.
 *
 * Source: docs/circle.md, "Admission".
 */

import { PROOF_TYP } from "./changes.ts";
import { type Bytes, b64uDecode, b64uEncode, concat, jcs, parseJcs, utf8 } from "./encoding.ts";
import {
  aesOpen,
  aesSeal,
  es256Sign,
  es256Verify,
  hkdf,
  hkdfKey,
  importPair,
  randomBytes,
} from "./envelope.ts";
import { checkCommit, currentEpoch, EpochSecrets } from "./epochs.ts";
import { CircleError } from "./errors.ts";
import { hasExactly, isHash, isIid, isScalar, isSeq, type Stream } from "./grammar.ts";
import { compactJws, type Signer } from "./jws.ts";
import type { Invitation, Membership } from "./log.ts";
import { STREAMS_OF_S } from "./roles.ts";

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
const LINK = /(?:^|#)(?:j1\.(c[0-9a-f]{40})|s1)\.([\w-]{22})$/;

/** A new secret of a link, 22 characters. */
export function drawLinkSecret(): string {
  return b64uEncode(randomBytes(SECRET_BYTES));
}

/**
 * Read a link, or what follows its `#`.
 *
 * @throws CircleError `schema`, `b64`: cut, changed or of another kind.
 */
export function parseLink(text: string): Link {
  const [, circle, secret] = LINK.exec(text.trim()) ?? [];
  if (secret === undefined) {
    throw new CircleError("schema", "this link is incomplete");
  }
  b64uDecode(secret);
  return circle === undefined ? { kind: "setup", secret } : { kind: "join", circle, secret };
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
  const iid = await invitationId(circle, secret);
  const key = await keyOf(circle, secret);
  const sealed = await aesSeal(key, jcs({ v: 1, ...content }), aadOf(circle, iid), nonce);
  return { _id: `inv:${iid}`, k: b64uEncode(sealed) };
}

/**
 * What an invitation brings.
 *
 * @throws CircleError `schema`, `b64`: no invitation; `tag`: of another link, or changed; `canon`,
 *   `schema`: not what one holds.
 */
export async function openInvitation(
  circle: string,
  secret: string,
  doc: InvitationDocument,
): Promise<InvitationSecret> {
  const isId = (id: unknown) =>
    typeof id === "string" && id.startsWith("inv:") && isIid(id.slice(4));
  const isText = (text: unknown) => typeof text === "string";
  if (!hasExactly(doc, { _id: isId, k: isText }, { _rev: isText })) {
    throw new CircleError("schema", "an invitation has a wrong or missing part");
  }
  const key = await keyOf(circle, secret);
  const aad = aadOf(circle, doc._id.slice(4));
  const opened = parseJcs(await aesOpen(key, b64uDecode(doc.k), aad));
  if (!hasExactly(opened, { v: (v) => v === 1, ssk: isScalar, head: isHead, es: isSecrets })) {
    throw new CircleError("schema", "an invitation has a wrong or missing part");
  }
  const { ssk, head, es } = opened as unknown as InvitationSecret;
  return { ssk, head, es };
}

const isHead = (value: unknown): boolean =>
  Array.isArray(value) && value.length === 2 && isSeq(value[0]) && isHash(value[1]);
const isSecrets = (value: unknown): boolean => hasExactly(value, {}, { c: isHash, k: isHash });

/**
 * Look an opened invitation up in the log that came with it.
 *
 * @param now Unix seconds by the server's clock.
 * @returns The invitation as the log knows it, and the secrets it opens.
 * @throws CircleError `circle`, `newer-log`, `fork`: another log than the inviter's; `invite`: no
 *   longer open; `commit`, `epoch`: its secrets are not those of the log.
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
  const [seq, hash] = content.head;
  if (seq > membership.seq) {
    throw new CircleError("newer-log", "the member list is shorter than the inviter's");
  }
  if (membership.heads[seq] !== hash) {
    throw new CircleError("fork", "the member list is not the one that the invitation is from");
  }
  const iid = await invitationId(link.circle, link.secret);
  const invitation = membership.openInvitation(iid, now);
  await checkSigner(invitation, content);
  let secrets = new EpochSecrets(link.circle);
  for (const [stream, text] of Object.entries(content.es) as [Stream, string][]) {
    const epoch = currentEpoch(membership, stream);
    const es = b64uDecode(text);
    await checkCommit(es, stream, epoch);
    secrets = secrets.with(stream, epoch.e, es);
  }
  const expected = invitation.mode === "direct" ? STREAMS_OF_S[invitation.s] : [];
  if (Object.keys(content.es).join("") !== expected.join("")) {
    throw new CircleError("epoch", "the link carries other keys than such an invitation does");
  }
  return { invitation, secrets };
}

/** Promise that the invitation's key is the one that the log names. */
async function checkSigner(invitation: Invitation, content: InvitationSecret): Promise<void> {
  const probe = utf8("rj1 probe");
  try {
    const signer = await invitationSigner(invitation, content);
    if (await es256Verify(invitation.spk, probe, await signer.sign(probe))) {
      return;
    }
  } catch {
    // A scalar that does not fit its point cannot even be imported.
  }
  throw new CircleError("invite", "the member list names another key for this invitation");
}

/** The invitation's word that it admits one device. */
export async function joinProof(
  invited: { readonly invitation: Invitation; readonly content: InvitationSecret },
  circle: string,
  device: string,
): Promise<string> {
  const signer = await invitationSigner(invited.invitation, invited.content);
  const header = { kid: invited.invitation.iid, typ: PROOF_TYP };
  return compactJws(signer, header, { cir: circle, dev: device });
}

/** The invitation's own signature. */
async function invitationSigner(
  invitation: Invitation,
  content: InvitationSecret,
): Promise<Signer> {
  const pair = await importPair("sign", content.ssk, invitation.spk);
  return { sign: (message) => es256Sign(pair.privateKey, message) };
}

async function keyOf(circle: string, secret: string): Promise<CryptoKey> {
  return hkdfKey(b64uDecode(secret), circle, "rj1 invite");
}

function aadOf(circle: string, iid: string): Bytes {
  return concat(utf8("rj1 invite\0"), jcs([circle, iid]));
}
