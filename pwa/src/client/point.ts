/**
 * The public point of a P-256 private key.
 *
 * A card holds private keys only, and no browser's WebCrypto tells the public half of one. This runs
 * once, on the phone into which the card is typed; it takes a time that depends on the key, which
 * nobody is there to measure.
 *
 * Source: SP 800-186 section 3.2.1.3 (the curve), and the formulas for Jacobian coordinates with
 * a = -3 (Bernstein and Lange, Explicit-Formulas Database, dbl-2001-b and add-2007-bl).
 */
import { type Bytes, b64uDecode, b64uEncode, hex } from "../circle/encoding.ts";

const P = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n;
const GX = 0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296n;
const GY = 0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5n;

/** X, Y, Z; Z 0 is the point at infinity. */
type Jacobian = readonly [bigint, bigint, bigint];

const mod = (value: bigint) => ((value % P) + P) % P;

function doubled([x, y, z]: Jacobian): Jacobian {
  const delta = mod(z * z);
  const gamma = mod(y * y);
  const beta = mod(x * gamma);
  const alpha = mod(3n * (x - delta) * (x + delta));
  const x3 = mod(alpha * alpha - 8n * beta);
  const z3 = mod((y + z) ** 2n - gamma - delta);
  return [x3, mod(alpha * (4n * beta - x3) - 8n * gamma * gamma), z3];
}

function added(one: Jacobian, other: Jacobian): Jacobian {
  const [x1, y1, z1] = one;
  const [x2, y2, z2] = other;
  if (z1 === 0n) return other;
  const u1 = mod(x1 * z2 * z2);
  const u2 = mod(x2 * z1 * z1);
  const s1 = mod(y1 * z2 ** 3n);
  const s2 = mod(y2 * z1 ** 3n);
  const h = mod(u2 - u1);
  const r = mod(s2 - s1);
  // The ladder below never adds a point to itself or to its negative: its sum is an even multiple.
  const h2 = mod(h * h);
  const h3 = mod(h2 * h);
  const x3 = mod(r * r - h3 - 2n * u1 * h2);
  return [x3, mod(r * (u1 * h2 - x3) - s1 * h3), mod(h * z1 * z2)];
}

function inverse(value: bigint): bigint {
  let [low, high] = [mod(value), P];
  let [one, other] = [1n, 0n];
  while (low > 1n) {
    const ratio = high / low;
    [low, high] = [high - ratio * low, low];
    [one, other] = [other - ratio * one, one];
  }
  return mod(one);
}

/** The uncompressed point, 65 bytes as base64url, of a scalar of 32 bytes as base64url. */
export function pointOf(scalar: string): string {
  const bits = BigInt(`0x${hex(b64uDecode(scalar))}`).toString(2);
  let sum: Jacobian = [1n, 1n, 0n];
  for (const bit of bits) {
    sum = sum[2] === 0n ? sum : doubled(sum);
    if (bit === "1") sum = added(sum, [GX, GY, 1n]);
  }
  const [x, y, z] = sum;
  const back = inverse(z);
  const point = new Uint8Array(65);
  point[0] = 4;
  point.set(bytesOf(mod(x * back * back)), 1);
  point.set(bytesOf(mod(y * back ** 3n)), 33);
  return b64uEncode(point as Bytes);
}

function bytesOf(value: bigint): Uint8Array {
  const digits = value.toString(16).padStart(64, "0");
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}
