/**
 * Recovery: a device on paper, and a clinic's key that only reads.
 *
 * The printed code is 20 letters of Crockford's alphabet, 100 random bits. It finds and opens one
 * document, which holds the private keys of an ordinary device of its owner: the paper. Who types the
 * code logs in as the paper, brings a new phone in, prints a new paper and removes the old one.
 *
 *     {"_id":"rec:<rid>","kdf":{"alg":"argon2id","m":32768,"p":1,"salt":…,"t":3},"k":…}
 *
 * Four things can go wrong, and a person is told which: `target` (no card has this code), `removed`
 * (found, but an old card or another circle's), `limit` (made with parameters that are not taken),
 * `tag` (damaged). A text that is no code at all is `schema`.
 *
 * Source: docs/circle.md, "Recovery".
 */
import { type Bytes, b64uDecode, b64uEncode, concat, jcs, parseJcs, utf8 } from "./encoding.ts";
import {
  aesOpen,
  aesSeal,
  argon2Key,
  es256Verify,
  hkdf,
  randomBytes,
  sha256,
  xwingPublic,
} from "./envelope.ts";
import { CircleError } from "./errors.ts";
import {
  bytes,
  hasExactly,
  isCircle,
  isHash,
  isPub,
  isSeq,
  natural,
  oneOf,
  type Rule,
} from "./grammar.ts";
import {
  asDeviceSecret,
  checkPub,
  type DeviceKeys,
  type DeviceSecret,
  importDevice,
  type Pub,
} from "./keys.ts";
import {
  KDF_MEMORY_KIB,
  KDF_MEMORY_KIB_MAX,
  KDF_MEMORY_KIB_MIN,
  KDF_PASSES,
  KDF_PASSES_MAX,
  KDF_PASSES_MIN,
  RECOVERY_BYTES_MAX,
} from "./limits.ts";
import type { Membership } from "./log.ts";

/** What a code finds, as it is stored. */
export interface RecoveryDocument {
  readonly _id: string;
  readonly _rev?: string;
  readonly kdf: Kdf;
  readonly k: string;
}

/** How the key is made of the code. */
export interface Kdf {
  readonly alg: "argon2id";
  /** Memory in KiB. */
  readonly m: number;
  readonly p: 1;
  readonly salt: string;
  /** Passes. */
  readonly t: number;
}

/** What a code opens. */
export interface Paper {
  readonly secret: DeviceSecret;
  /** The circle in which it was stored: a patient's own, or the clinic. */
  readonly circle: string;
  /** Number and hash of the last entry of that circle's log when it was printed. */
  readonly head: readonly [number, string];
}

const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const CODE = /^[0-9A-HJKMNP-TV-Z]{20}$/;
const CODE_LETTERS = 20;
const CODE_RANDOM_BYTES = 13;
const SALT_BYTES = 16;
const IGNORED = /[ \t\r\n\u00a0\u2010-\u2015-]/g;
const KEY_LINE = /^rj1-recovery-pub\.([\w-]+)\.([\w-]{8})$/;

/** A new code, of 13 random bytes; it is shown once. */
export function drawCode(random: Bytes = randomBytes(CODE_RANDOM_BYTES)): string {
  let bits = random.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n) >> 4n;
  let code = "";
  for (let place = 0; place < CODE_LETTERS; place++) {
    code = ALPHABET.charAt(Number(bits & 31n)) + code;
    bits >>= 5n;
  }
  return code;
}

/** A code as it is printed: in fours, with hyphens. */
export function printCode(code: string): string {
  return code.match(/.{4}/g)?.join("-") ?? "";
}

/**
 * A code as people type it: any case, O for 0, I and L for 1, spaces and hyphens.
 *
 * @throws CircleError `schema`: not 20 such letters; U is none.
 */
export function readCode(text: string): string {
  const letters = text.replace(IGNORED, "");
  const isPlain = /^[ -~]*$/.test(letters);
  const code = letters.toUpperCase().replaceAll("O", "0").replace(/[IL]/g, "1");
  if (!isPlain || !CODE.test(code)) {
    throw new CircleError("schema", "the card has 20 letters and digits");
  }
  return code;
}

/** The name of what a code finds, which does not say the code. */
export async function recoveryId(code: string): Promise<string> {
  return b64uEncode(await hkdf(utf8(code), "", "rj1 rec id", 16));
}

/**
 * Open what the server has under a code's name; null where it has nothing.
 *
 * @throws CircleError `target`, `limit`, `tag`: see this file.
 */
export async function openPaper(code: string, doc: RecoveryDocument | null): Promise<Paper> {
  const rid = await recoveryId(code);
  if (doc?._id !== `rec:${rid}`) {
    throw new CircleError("target", "no card has this code; please check each letter");
  }
  checkKdf(doc.kdf);
  try {
    const sealed = sealedOf(doc);
    const key = await keyOf(code, doc.kdf);
    return asPaper(parseJcs(await aesOpen(key, sealed, aadOf(rid, doc.kdf))));
  } catch (error) {
    if (error instanceof CircleError) {
      throw new CircleError("tag", "what belongs to this card is damaged");
    }
    throw error;
  }
}

/** Write the document that a code will find and open; it is stored in the paper's circle. */
export async function sealPaper(
  code: string,
  { secret, circle, head }: Paper,
  how: {
    readonly salt?: Bytes;
    readonly nonce?: Bytes;
    readonly memory?: number;
    readonly passes?: number;
  } = {},
): Promise<RecoveryDocument> {
  const { salt = randomBytes(SALT_BYTES), nonce, memory, passes } = how;
  const cost = { m: memory ?? KDF_MEMORY_KIB, t: passes ?? KDF_PASSES };
  const kdf: Kdf = { alg: "argon2id", ...cost, p: 1, salt: b64uEncode(salt) };
  checkKdf(kdf);
  const rid = await recoveryId(code);
  const payload = jcs({ v: 1, ...secret, cir: circle, head });
  const sealed = await aesSeal(await keyOf(code, kdf), payload, aadOf(rid, kdf), nonce);
  return { _id: `rec:${rid}`, kdf, k: b64uEncode(sealed) };
}

/**
 * The device that a paper is, checked to be in a circle.
 *
 * @param membership A circle's log as the server has it; of the paper's own circle it must be at
 *   least as long as when it was printed.
 * @throws CircleError `newer-log`, `fork`: the log is shorter or another one than at printing;
 *   `removed`: the paper is not, or not any more, in this circle.
 */
export async function paperDevice(paper: Paper, membership: Membership): Promise<DeviceKeys> {
  if (membership.circle === paper.circle) {
    const [seq, hash] = paper.head;
    if (seq > membership.seq) {
      throw new CircleError("newer-log", "the member list is shorter than the card's");
    }
    if (membership.heads[seq] !== hash) {
      throw new CircleError("fork", "the member list is another one than the card's");
    }
  }
  for (const { pub } of membership.liveDevices()) {
    const keys = await matching(paper.secret, pub);
    if (keys !== undefined) {
      return keys;
    }
  }
  throw new CircleError("removed", "this card is an old one, or belongs elsewhere");
}

/**
 * The device of a secret, if these are its public keys.
 *
 * Browsers do not compute a public key of P-256, so the right one is found by trying.
 */
async function matching(secret: DeviceSecret, pub: Pub): Promise<DeviceKeys | undefined> {
  if (secret.kem !== pub.kem) {
    return undefined;
  }
  if (pub.kem === "XWING" && (await xwingPublic(b64uDecode(secret.ksk))) !== pub.kpk) {
    return undefined;
  }
  const probe = utf8("rj1 probe");
  try {
    const keys = await importDevice(secret, pub);
    return (await es256Verify(pub.spk, probe, await keys.sign(probe))) ? keys : undefined;
  } catch {
    // A scalar that does not fit its point cannot even be imported.
    return undefined;
  }
}

/**
 * The public half of a clinic's recovery key, which was made offline, out of its one line.
 *
 * @throws CircleError `schema`, `b64`, `canon`: it is not one whole line of this kind.
 */
export async function readClinicPub(text: string): Promise<Pub> {
  const [, body = "", check = ""] = KEY_LINE.exec(text.trim()) ?? [];
  if (check !== (await checkOf("pub", body))) {
    throw new CircleError("schema", "one whole line that begins rj1-recovery-pub was expected");
  }
  const pub = parseJcs(b64uDecode(body));
  if (!isPub(pub)) {
    throw new CircleError("schema", "this line holds no key");
  }
  await checkPub(pub as unknown as Pub);
  return pub as unknown as Pub;
}

async function checkOf(half: string, body: string): Promise<string> {
  return b64uEncode(await sha256(utf8(`${half}.${body}`))).slice(0, 8);
}

const between =
  (least: number, most: number): Rule =>
  (value) =>
    natural(most)(value) && (value as number) >= least;

/** Weaker parameters than ours, or ones that no phone can bear, are refused. */
function checkKdf(kdf: unknown): void {
  const rules = {
    alg: oneOf("argon2id"),
    m: between(KDF_MEMORY_KIB_MIN, KDF_MEMORY_KIB_MAX),
    p: between(1, 1),
    salt: bytes(SALT_BYTES),
    t: between(KDF_PASSES_MIN, KDF_PASSES_MAX),
  };
  let isTaken = false;
  try {
    isTaken = hasExactly(kdf, rules);
  } catch (error) {
    if (!(error instanceof CircleError)) {
      throw error;
    }
  }
  if (!isTaken) {
    throw new CircleError("limit", "this card was made with parameters that are not taken");
  }
}

function sealedOf(doc: RecoveryDocument): Bytes {
  const isText = (text: unknown) => typeof text === "string";
  const isSealed = (text: unknown) => typeof text === "string" && text.length <= RECOVERY_BYTES_MAX;
  if (!hasExactly(doc, { _id: isText, kdf: () => true, k: isSealed }, { _rev: isText })) {
    throw new CircleError("schema", "exactly _id, kdf and k were expected");
  }
  return b64uDecode(doc.k);
}

function asPaper(payload: unknown): Paper {
  const isHead = (value: unknown) =>
    Array.isArray(value) && value.length === 2 && isSeq(value[0]) && isHash(value[1]);
  const rules = {
    v: (value: unknown) => value === 1,
    kem: () => true,
    ksk: () => true,
    ssk: () => true,
    cir: isCircle,
    head: isHead,
  };
  if (!hasExactly(payload, rules)) {
    throw new CircleError("schema", "the keys of a card have a wrong or missing part");
  }
  const { kem, ksk, ssk, cir, head } = payload as DeviceSecret & {
    readonly cir: string;
    readonly head: readonly [number, string];
  };
  return { secret: asDeviceSecret({ kem, ksk, ssk }), circle: cir, head };
}

function keyOf(code: string, { salt, m, t }: Kdf): Promise<CryptoKey> {
  return argon2Key(code, { salt: b64uDecode(salt), memory: m, passes: t });
}

function aadOf(rid: string, kdf: Kdf): Bytes {
  return concat(utf8("rj1 paper\0"), jcs([rid, kdf]));
}
