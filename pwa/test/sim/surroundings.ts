/** What a page has around it, made so that nothing runs unseen and nothing comes by chance. */
import { createECDH, createHash, createHmac } from "node:crypto";
import { deflateRawSync, gunzipSync, gzipSync, inflateRawSync } from "node:zlib";

const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
/** Turns of the real loop in which nothing happened, after which nothing will. */
const QUIET_TURNS = 3;

let busy = 0;
let seed = "";
let drawn = 0;

const turn = setImmediate;

/** Draw everything from this seed from now on. */
export function reseed(world: number): void {
  seed = `${world}`;
  drawn = 0;
}

/** Resolves when all that is left to do waits for the world. */
export async function quiet(): Promise<void> {
  for (let turns = 0; turns < QUIET_TURNS; turns += 1) {
    await new Promise((resolve) => turn(resolve));
    if (busy > 0) turns = -1;
  }
}

/** Run something in another turn of the loop; the world waits for it. */
export function soon(run: () => void): void {
  busy += 1;
  turn(() => {
    busy -= 1;
    run();
  });
}

// The database in memory takes its turns by this.
globalThis.setImmediate = ((run: (...all: unknown[]) => void, ...all: unknown[]) =>
  soon(() => run(...all))) as unknown as typeof setImmediate;
Math.random = () => random(6).reduce((sum, byte) => sum * 256 + byte, 0) / 2 ** 48;

/** Bytes of the seed. */
export function random(count: number): Uint8Array<ArrayBuffer> {
  const found = new Uint8Array(count);
  for (let at = 0; at < count; at += 32) {
    drawn += 1;
    const block = createHash("sha256").update(`${seed} ${drawn}`).digest();
    found.set(block.subarray(0, Math.min(32, count - at)), at);
  }
  return found;
}

const b64u = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64url");
const number = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).toString("hex")}`);
const bytes32 = (value: bigint): Buffer => Buffer.from(value.toString(16).padStart(64, "0"), "hex");

function publicOf(scalar: Uint8Array): Buffer {
  const curve = createECDH("prime256v1");
  curve.setPrivateKey(scalar);
  return curve.getPublicKey();
}

type Usages = readonly KeyUsage[];

/** A pair of the seed. Extractable, so that `sign` can sign without chance. */
async function drawPair(name: string, usages: Usages): Promise<CryptoKeyPair> {
  const scalar = random(32);
  const point = publicOf(scalar);
  const pub = {
    kty: "EC",
    crv: "P-256",
    x: b64u(point.subarray(1, 33)),
    y: b64u(point.subarray(33)),
  };
  const kind = { name, namedCurve: "P-256" };
  const priv = usages.filter((usage) => usage !== "verify");
  const rest = name === "ECDSA" ? (["verify"] as const) : [];
  return {
    privateKey: await real.importKey("jwk", { ...pub, d: b64u(scalar) }, kind, true, priv),
    publicKey: await real.importKey("jwk", pub, kind, true, rest),
  };
}

/** ES256 by RFC 6979: the same key and message give the same signature. */
async function sign(key: CryptoKey, message: Uint8Array): Promise<ArrayBuffer> {
  const { d = "" } = await real.exportKey("jwk", key);
  const secret = Buffer.from(d, "base64url");
  const digest = createHash("sha256").update(message).digest();
  const z = bytes32(number(digest) % ORDER);
  const mac = (under: Buffer, ...parts: Uint8Array[]) =>
    createHmac("sha256", under).update(Buffer.concat(parts)).digest();
  let v = Buffer.alloc(32, 1);
  let k = mac(Buffer.alloc(32), v, Buffer.of(0), secret, z);
  v = mac(k, v);
  k = mac(k, v, Buffer.of(1), secret, z);
  v = mac(k, v);
  v = mac(k, v);
  const nonce = number(v);
  const r = number(publicOf(v).subarray(1, 33)) % ORDER;
  const s = (inverse(nonce) * (number(z) + r * number(secret))) % ORDER;
  const signature = Buffer.concat([bytes32(r), bytes32(s)]);
  return new Uint8Array(signature).buffer;
}

function inverse(value: bigint): bigint {
  let [low, high, a, b] = [value % ORDER, ORDER, 1n, 0n];
  while (low > 1n) {
    const ratio = high / low;
    [low, high, a, b] = [high - ratio * low, low, b - ratio * a, a];
  }
  return ((a % ORDER) + ORDER) % ORDER;
}

const real = crypto.subtle;

function bytesOf(data: BufferSource): Uint8Array {
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
}

const SEEDED: Record<string, (...all: never[]) => Promise<unknown>> = {
  generateKey: async (kind: { name: string }, extractable: boolean, usages: KeyUsage[]) =>
    kind.name.startsWith("EC")
      ? drawPair(kind.name, usages)
      : real.importKey("raw", random(32), kind, extractable, usages),
  sign: async (kind: { name: string }, key: CryptoKey, data: BufferSource) =>
    kind.name === "ECDSA" ? sign(key, bytesOf(data)) : real.sign(kind, key, data),
  importKey: (
    format: "jwk",
    key: JsonWebKey,
    kind: EcKeyImportParams,
    may: boolean,
    all: KeyUsage[],
  ) => real.importKey(format, key, kind, may || kind.name === "ECDSA", all),
};

let last: Promise<unknown> = Promise.resolve();

/** WebCrypto whose answers come in the order of the questions. */
export function seededCrypto(isOver: () => boolean): Crypto {
  const subtle = new Proxy(real, {
    get: (target, name: keyof SubtleCrypto) => {
      if (typeof target[name] !== "function") return undefined;
      const ask = (SEEDED[name] ?? (target[name] as unknown as () => unknown).bind(target)) as (
        ...all: unknown[]
      ) => Promise<unknown>;
      return (...all: unknown[]) => inTurn(ask(...all), isOver);
    },
  });
  return {
    subtle,
    getRandomValues: (into: Uint8Array) => {
      into.set(random(into.length));
      return into;
    },
    randomUUID: () => b64u(random(16)),
  } as unknown as Crypto;
}

function inTurn(answer: Promise<unknown>, isOver: () => boolean): Promise<unknown> {
  const before = last;
  busy += 1;
  const settled = answer.then(
    () => before,
    () => before,
  );
  last = settled;
  return settled.then(() => {
    busy -= 1;
    return isOver() ? new Promise(() => {}) : answer;
  });
}

type Whole = (body: Buffer) => Buffer;

/** Compression without a thread. */
export function streams(): Record<string, unknown> {
  const made = (by: Record<string, Whole>) =>
    class {
      readonly readable: ReadableStream;
      readonly writable: WritableStream;

      constructor(format: string) {
        const parts: Uint8Array[] = [];
        const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>({
          transform: (part) => {
            parts.push(part);
          },
          flush: (out) => out.enqueue(new Uint8Array(by[format]?.(Buffer.concat(parts)) ?? [])),
        });
        this.readable = readable;
        this.writable = writable;
      }
    };
  return {
    CompressionStream: made({ gzip: gzipSync, "deflate-raw": deflateRawSync }),
    DecompressionStream: made({ gzip: gunzipSync, "deflate-raw": inflateRawSync }),
  };
}
