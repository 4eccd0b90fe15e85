/** What several groups of vectors ask in the same way. */
import { openDocument, parseDocumentId, seal } from "../../src/circle/document.ts";
import { b64uDecode, b64uEncode, concat } from "../../src/circle/encoding.ts";
import { EpochSecrets } from "../../src/circle/epochs.ts";
import type { FeedStart } from "../../src/circle/feed.ts";
import type { Statement } from "../../src/circle/fold.ts";
import type { Stream } from "../../src/circle/grammar.ts";
import { checkInvitation, openInvitation } from "../../src/circle/invitation.ts";
import { DeviceKeys, type DeviceSecret, importDevice, type Pub } from "../../src/circle/keys.ts";
import { type LogDocument, Membership } from "../../src/circle/log.ts";
import { same } from "./same.ts";
import { codeOf } from "./scene.ts";

export interface Case {
  readonly name: string;
  readonly comment: string;
  readonly group: string;
  readonly expect: string;
  // A vector is what its group says; a wrong guess fails the test.
  // biome-ignore lint/suspicious/noExplicitAny: see above
  readonly [member: string]: any;
}

/** Run `act`; on success check `then`, else the code. */
export async function judge<T>(vector: Case, act: () => T, then: (found: Awaited<T>) => unknown) {
  if (vector.expect !== "success") {
    same(await codeOf(act), vector.expect);
    return;
  }
  await then(await act());
}

// PKCS #8 of a P-256 key without its public half, up to the scalar. Source: RFC 5208, RFC 5915.
const PKCS8_HEAD = "MEECAQAwEwYHKoZIzj0CAQYIKoZIzj0DAQcEJzAlAgEBBCA";

/** The point of a scalar, base64url. */
export async function publicHalf(scalar: string): Promise<string> {
  const pkcs8 = concat(b64uDecode(PKCS8_HEAD), b64uDecode(scalar));
  const curve = { name: "ECDSA", namedCurve: "P-256" };
  const key = await crypto.subtle.importKey("pkcs8", pkcs8, curve, true, ["sign"]);
  const { x, y } = await crypto.subtle.exportKey("jwk", key);
  return b64uEncode(concat(new Uint8Array([4]), b64uDecode(x as string), b64uDecode(y as string)));
}

export async function deviceOf(secret: DeviceSecret): Promise<DeviceKeys> {
  const { ksk, ssk } = secret;
  const pub = { kem: "P256", kpk: await publicHalf(ksk), spk: await publicHalf(ssk) } as const;
  return importDevice(secret, pub);
}

/** Some public keys, for secrets that are refused before these are looked at. */
export async function anyPub(): Promise<Pub> {
  return (await DeviceKeys.generate()).pub;
}

/** {device: {stream: [n, d]}} as a list. */
export function markTree(tree: Record<string, Record<string, [number, string]>>): FeedStart[] {
  return Object.entries(tree).flatMap(([device, of]) =>
    Object.entries(of).map(([stream, [n, d]]) => ({
      device,
      stream: stream as Stream,
      mark: { n, d },
    })),
  );
}

/** Replay the log, then read the entry; `then` looks at the state after it. */
export async function runEntry(vector: Case, then: (after: Membership) => void = () => {}) {
  const [first, ...rest]: LogDocument[] = vector.log;
  let before: Membership | undefined;
  if (first !== undefined) {
    before = await Membership.founded(first);
    for (const doc of rest) {
      before = await before.append(doc);
    }
  }
  const act = () => before?.append(vector.entry) ?? Membership.founded(vector.entry);
  await judge(vector, act, (after) => {
    for (const name of ["circle", "seq", "head", "h"] as const) {
      // Some cases only say that the entry is taken.
      same(after[name], vector[name] ?? after[name]);
    }
    then(after);
  });
}

/** Open a document; where its author's keys are given, seal it too. */
export async function runDocument(vector: Case) {
  const membership = await Membership.replay(vector.circle, vector.log);
  const secrets = EpochSecrets.of(vector.circle, vector.secrets);
  const act = () => openDocument(membership, secrets, vector.doc);
  await judge(vector, act, (obj) => same(obj, vector.obj));
  if (vector.seal === undefined) {
    return;
  }
  const { secret, es, kind, month, n, nonce } = vector.seal;
  const own = new EpochSecrets(vector.circle).with("c", 1, b64uDecode(es));
  const keys = await deviceOf(secret);
  const at = { kind, month, n, codec: 0, nonce: b64uDecode(nonce) };
  const sealed = await seal(membership, keys, own, at, vector.obj);
  same({ ...sealed, s: "" }, { ...vector.doc, s: "" });
  same(await openDocument(membership, secrets, sealed), vector.obj);
}

/** Open an invitation, then look it up in the log. */
export async function runAccept(vector: Case) {
  const { circle, secret, inv, now_s } = vector;
  const content = await openInvitation(circle, secret, inv);
  const membership = await Membership.replay(circle, vector.log);
  const act = () => checkInvitation(membership, { circle, secret }, content, now_s);
  await judge(vector, act, ({ invitation: { role, member } }) =>
    same({ role, member }, { role: vector.role, member: vector.member }),
  );
}

export function statementsOf(vector: Case): Statement[] {
  // biome-ignore lint/suspicious/noExplicitAny: as in `Case`
  return vector.operations.map((given: any) => ({ ...given, ...parseDocumentId(given.id) }));
}
