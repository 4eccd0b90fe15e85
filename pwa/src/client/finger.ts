/**
 * The phone's own lock (finger, face or screen number) as a way to open a profile.
 *
 * A passkey of this phone gives the same 32 bytes for the same salt each time its owner is there;
 * they never leave this page, and no server is asked.
 *
 * Source: W3C Web Authentication Level 3, "Pseudo-random function extension (prf)".
 */
import type { Bytes } from "../circle/encoding.ts";
import { randomBytes } from "../circle/envelope.ts";
import type { FingerWay } from "./lock.ts";

const SALT_BYTES = 32;
/** How long the phone's own question may stand open. */
const PATIENCE_MS = 60_000;

/** What the extension answers; not in the DOM types of every TypeScript yet. */
interface PrfResults {
  readonly prf?: {
    readonly enabled?: boolean;
    readonly results?: { readonly first?: BufferSource };
  };
}

/** Whether this phone says that it has a lock of its own that pages may use. */
export async function phoneCan(): Promise<boolean> {
  const { PublicKeyCredential: credentials } = globalThis as {
    PublicKeyCredential?: { isUserVerifyingPlatformAuthenticatorAvailable(): Promise<boolean> };
  };
  return (
    (await credentials?.isUserVerifyingPlatformAuthenticatorAvailable().catch(() => false)) ?? false
  );
}

/**
 * Make a passkey for one profile, with its secret.
 *
 * @throws Error The person said no, or this phone has no such secrets.
 */
export async function registerPhone(): Promise<{
  readonly credential: Bytes;
  readonly salt: Bytes;
  readonly secret: Bytes;
}> {
  const salt = randomBytes(SALT_BYTES);
  const made = (await navigator.credentials.create({
    publicKey: {
      challenge: randomBytes(32),
      rp: { name: document.title },
      // A neutral name: the phone's own list of passkeys is seen by others.
      user: { id: randomBytes(16), name: document.title, displayName: document.title },
      pubKeyCredParams: [
        { type: "public-key", alg: -7 },
        { type: "public-key", alg: -257 },
      ],
      authenticatorSelection: {
        authenticatorAttachment: "platform",
        userVerification: "required",
      },
      timeout: PATIENCE_MS,
      extensions: { prf: { eval: { first: salt } } } as AuthenticationExtensionsClientInputs,
    },
  })) as PublicKeyCredential | null;
  if (made === null) throw new Error("no passkey was made");
  const { prf } = made.getClientExtensionResults() as PrfResults;
  if (prf?.enabled !== true) throw new Error("this phone gives no secret");
  const credential = new Uint8Array(made.rawId);
  return { credential, salt, secret: await askPhone({ credential, salt }) };
}

/**
 * The secret of a passkey, once its owner has shown that they are there.
 *
 * @throws Error The person said no, or the passkey is gone.
 */
export async function askPhone({
  credential,
  salt,
}: Pick<FingerWay, "credential" | "salt">): Promise<Bytes> {
  const shown = (await navigator.credentials.get({
    publicKey: {
      challenge: randomBytes(32),
      allowCredentials: [{ type: "public-key", id: credential }],
      userVerification: "required",
      timeout: PATIENCE_MS,
      extensions: { prf: { eval: { first: salt } } } as AuthenticationExtensionsClientInputs,
    },
  })) as PublicKeyCredential | null;
  const { prf } = (shown?.getClientExtensionResults() ?? {}) as PrfResults;
  const first = prf?.results?.first;
  if (!(first instanceof ArrayBuffer) || first.byteLength !== SALT_BYTES) {
    throw new Error("this phone gives no secret");
  }
  return new Uint8Array(first);
}
