/**
 * Keys that did not arrive: whoever lacks one says so, whoever has it writes it again.
 *
 * Source: docs/circle.md, "Epochs".
 */
import {
  currentEpoch,
  type EpochSecrets,
  makeWraps,
  type NamedWrap,
  wrapId,
} from "../circle/epochs.ts";
import type { Stream } from "../circle/grammar.ts";
import type { Membership } from "../circle/log.ts";
import { STREAMS_OF_S } from "../circle/roles.ts";
import { holds } from "../circle/standing.ts";
import { FOUND_PATH } from "./bundles.ts";
import type { LoggedIn } from "./login.ts";

const NAME = /^wrap:([ck])(\d{6}):[\w-]{16}:(d[\w-]{20})$/;

/** Names of the wraps of current keys that a device should have and has not. */
export function lacking(
  membership: Membership,
  device: string,
  secrets: EpochSecrets | undefined,
): string[] {
  const me = membership.live(device);
  if (me === undefined) return [];
  return STREAMS_OF_S[me.s].flatMap((stream) => {
    if (membership.epochs[stream].length === 0) return [];
    const epoch = currentEpoch(membership, stream);
    return secrets?.has(stream, epoch.e) === true ? [] : [wrapId(stream, epoch, device)];
  });
}

/** Tell the server which wraps are missing, or do not open. */
export async function reportMissing(
  ask: LoggedIn,
  circle: string,
  names: readonly string[],
): Promise<void> {
  for (const wrap of names) {
    const body = JSON.stringify({ wrap });
    await ask(`${FOUND_PATH}/${circle}/wraps/missing`, { body });
  }
}

/** Write the wraps that others lack and this device can make; gives how many. */
export async function writeMissing(
  ask: LoggedIn,
  membership: Membership,
  secrets: EpochSecrets,
): Promise<number> {
  const path = `${FOUND_PATH}/${membership.circle}/wraps`;
  const answer = await ask(`${path}/missing`);
  if (answer.status >= 300) return 0;
  const { wraps: names = [] } = answer.json as { readonly wraps?: readonly string[] };
  const named = names.flatMap((name) => asked(membership, name));
  const held = named.filter(({ stream, epoch }) => secrets.has(stream, epoch.e));
  if (held.length === 0) return 0;
  const wraps = await makeWraps(membership, held, secrets);
  await ask(path, { body: JSON.stringify({ wraps }) });
  return wraps.length;
}

/** What a name asks for, where it is a live device's that may have it. */
function asked(membership: Membership, id: string): NamedWrap[] {
  const [, x, digits, device = ""] = NAME.exec(id) ?? [];
  const stream = x as Stream;
  const epoch = x === undefined ? undefined : membership.epochs[stream][Number(digits) - 1];
  const member = membership.live(device);
  if (epoch === undefined || member === undefined || !holds(member, stream)) return [];
  return wrapId(stream, epoch, device) === id ? [{ id, stream, epoch, member }] : [];
}
