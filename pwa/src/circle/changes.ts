/**
 * What each operation of the log asks for and changes, once its entry is signed and in its place.
 *
 * Each rule takes the standing before the entry and gives what is different after it, or throws the
 * code of the first rule broken:
 *
 * - invite: `ts` (its life), `authz`, `dup`
 * - uninvite: `invite` (not open), `authz`
 * - join: `invite` (not open, or to be approved), `proof`, `dup`
 * - add: `invite` (not open, or not this one), `authz`, `dup`
 * - grant: `target`, `authz`
 * - remove: `target`, `authz`, `last`, `epoch`, `authz` (history ends), `fence`
 * - leave: `authz`, `fence`, `last`
 * - rekey: `authz`, `epoch`, `authz` (history ends), `fence`
 * - accept: `target`, `authz`, `fence`
 * - close, reopen: `authz`
 *
 * Source: docs/circle.md, "Replay".
 */
import { equalBytes, jcs } from "./encoding.ts";
import { CircleError } from "./errors.ts";
import type { Stream } from "./grammar.ts";
import { parseJws, verifyJws } from "./jws.ts";
import { deviceId } from "./keys.ts";
import { INVITED_SECONDS_MAX } from "./limits.ts";
import { REKEYS, SEES_K, STREAMS_OF_S } from "./roles.ts";
import type {
  Accept,
  Add,
  Close,
  Entry,
  Genesis,
  Grant,
  Invite,
  Join,
  Leave,
  OpenedEpoch,
  Payload,
  Rekey,
  Remove,
  Uninvite,
} from "./schema.ts";
import {
  type Changes,
  fenceOf,
  holds,
  type Invitation,
  type Member,
  marked,
  newMember,
  Standing,
} from "./standing.ts";

export const PROOF_TYP = "rj1+join";

type Rule<P extends Payload> = (before: Standing, entry: Entry<P>) => Changes | Promise<Changes>;

/** The operations after genesis, by name. */
export const RULES: {
  readonly invite: Rule<Invite>;
  readonly uninvite: Rule<Uninvite>;
  readonly join: Rule<Join>;
  readonly add: Rule<Add>;
  readonly grant: Rule<Grant>;
  readonly remove: Rule<Remove>;
  readonly leave: Rule<Leave>;
  readonly rekey: Rule<Rekey>;
  readonly accept: Rule<Accept>;
  readonly close: Rule<Close>;
  readonly reopen: Rule<Close>;
} = {
  invite,
  uninvite,
  join,
  add,
  grant,
  remove,
  leave,
  rekey,
  accept,
  close: (before, entry) => closing(before, entry, entry.payload.ts),
  reopen: (before, entry) => closing(before, entry, null),
};

/**
 * Open the epochs of an entry's `ep`.
 *
 * @param standing Who is in the circle after the entry, whom it takes out already gone.
 * @param signer As it was before; who opens the clinicians' stream without it gets it.
 * @throws CircleError `epoch`: not the next number, or a link to a secret that the signer cannot
 *   have; `authz`: history would end by somebody who may not decide that; `fence`: not exactly who
 *   was removed and not fenced yet.
 */
export function opened(
  standing: Standing,
  { payload }: Entry<Genesis | Remove | Rekey>,
  signer: Member,
): Changes {
  const devices = new Map(standing.devices);
  const epochs = { ...standing.epochs };
  for (const stream of streamsOf(payload.ep)) {
    const { e, commit, back, fence } = payload.ep[stream] as OpenedEpoch;
    const chain = epochs[stream];
    const hasSecret = chain.length > 0 && holds(signer, stream);
    if (e !== chain.length + 1 || (back !== undefined && !hasSecret)) {
      throw new CircleError("epoch", `epoch ${chain.length + 1} was expected, linked to its last`);
    }
    if (hasSecret && back === undefined && !REKEYS.includes(signer.role)) {
      throw new CircleError("authz", `a ${signer.role} may not let history end here`);
    }
    if (!isSameSet(Object.keys(fence), standing.unfenced(stream))) {
      throw new CircleError("fence", "a fence for exactly who was removed was expected");
    }
    for (const [device, mark] of Object.entries(fence)) {
      devices.set(device, marked(devices.get(device) as Member, stream, mark));
    }
    const link = back === undefined ? {} : { back };
    epochs[stream] = [...chain, { e, commit, ...link, at: payload.seq }];
    if (!holds(signer, stream)) {
      const opener = devices.get(signer.device) as Member;
      devices.set(signer.device, { ...opener, s: "ck", kSince: payload.seq });
    }
  }
  return { devices, epochs };
}

function invite(before: Standing, { payload, jws }: Entry<Invite>): Changes {
  const { iid, spk, role, member, s, mode, exp, ts, seq } = payload;
  if (exp < ts || exp > ts + INVITED_SECONDS_MAX[mode]) {
    throw new CircleError("ts", "an invitation is open for longer than is allowed");
  }
  before.checkMayBringIn(before.author(jws.kid), payload, ts);
  if (before.invitations.has(iid) || before.knowsKey(spk)) {
    throw new CircleError("dup", "an invitation or its key was used before");
  }
  const place = { role, member, s, by: jws.kid };
  const invitation: Invitation = { iid, spk, ...place, mode, exp, seq, state: "open" };
  return { invitations: new Map(before.invitations).set(iid, invitation) };
}

function uninvite(before: Standing, { payload, jws }: Entry<Uninvite>): Changes {
  const invitation = before.openInvitation(payload.iid, payload.ts);
  before.checkReach(before.author(jws.kid), [invitation]);
  return { invitations: ended(before, invitation, "withdrawn") };
}

async function join(before: Standing, { payload, jws }: Entry<Join>): Promise<Changes> {
  const invitation = before.openInvitation(payload.iid, payload.ts);
  if (invitation.mode !== "direct") {
    throw new CircleError("invite", "this invitation only lets one ask; somebody must approve");
  }
  await checkProof(before.circle, invitation, jws.kid, payload.proof);
  const { role, member, s, by } = invitation;
  return {
    invitations: ended(before, invitation, "used"),
    devices: broughtIn(before, jws.kid, payload, { role, member, s, by }),
  };
}

async function add(before: Standing, { payload, jws }: Entry<Add>): Promise<Changes> {
  const { dev, role, member, s, ts, iid } = payload;
  const approved = iid === "" ? undefined : before.openInvitation(iid, ts);
  if (approved !== undefined && !isWhatWasInvited(approved, payload)) {
    throw new CircleError("invite", "what the approved invitation says was expected");
  }
  before.checkMayBringIn(before.author(jws.kid), payload, ts, iid);
  const place = { role, member, s, by: jws.kid };
  const devices = broughtIn(before, await deviceId(dev), payload, place);
  return approved === undefined
    ? { devices }
    : { devices, invitations: ended(before, approved, "used") };
}

function isWhatWasInvited(invitation: Invitation, { role, member, s }: Add): boolean {
  return (
    invitation.mode === "approve" &&
    invitation.role === role &&
    invitation.member === member &&
    invitation.s === s
  );
}

function grant(before: Standing, { payload, jws }: Entry<Grant>): Changes {
  const target = before.live(payload.target);
  if (target === undefined || target.s !== "c") {
    throw new CircleError("target", "a live device without the clinicians' stream was expected");
  }
  const signer = before.author(jws.kid);
  const maySign = signer.s === "ck" && before.rules.reach[signer.role]?.own === true;
  if (!maySign || !SEES_K.includes(target.role)) {
    throw new CircleError("authz", "this device cannot be given the clinicians' stream");
  }
  return { devices: replaced(before, { ...target, s: "ck", kSince: payload.seq }) };
}

function remove(before: Standing, entry: Entry<Remove>): Changes {
  const { target, ep, seq } = entry.payload;
  const signer = before.author(entry.jws.kid);
  const sorted = [...new Set(target)].sort();
  if (target.length === 0 || `${target}` !== `${sorted}` || target.includes(signer.device)) {
    throw new CircleError("target", "others' names were expected, sorted, each once");
  }
  const targets = target.map((device) => before.live(device));
  if (targets.includes(undefined)) {
    throw new CircleError("target", "live devices were expected");
  }
  const gone = targets as Member[];
  before.checkReach(signer, gone);
  const after = new Standing({
    ...before,
    devices: replaced(before, ...gone.map((member) => ({ ...member, until: seq }))),
  });
  after.checkRemaining();
  const hasLostK = signer.s === "ck" && gone.some(({ s }) => s === "ck");
  if (!isSameSet(Object.keys(ep), hasLostK ? ["c", "k"] : ["c"])) {
    throw new CircleError("epoch", "a new key of each stream that both have was expected");
  }
  return opened(after, entry, signer);
}

function leave(before: Standing, { payload, jws }: Entry<Leave>): Changes {
  const signer = before.author(jws.kid);
  if (!before.rules.reach[signer.role]?.own) {
    throw new CircleError("authz", `a ${signer.role} only reads`);
  }
  if (!isSameSet(Object.keys(payload.mark), STREAMS_OF_S[signer.s])) {
    throw new CircleError("fence", "a mark for each of one's streams was expected");
  }
  let gone: Member = { ...signer, until: payload.seq };
  for (const stream of STREAMS_OF_S[signer.s]) {
    gone = marked(gone, stream, payload.mark[stream] as readonly [number, string]);
  }
  const devices = replaced(before, gone);
  new Standing({ ...before, devices }).checkRemaining();
  return { devices };
}

function rekey(before: Standing, entry: Entry<Rekey>): Changes {
  const signer = before.author(entry.jws.kid);
  before.checkMayRekey(signer, streamsOf(entry.payload.ep));
  return opened(before, entry, signer);
}

function accept(before: Standing, { payload, jws }: Entry<Accept>): Changes {
  const { x, n, d } = payload;
  const target = before.devices.get(payload.target);
  if (target === undefined || target.until === null || !holds(target, x)) {
    throw new CircleError("target", "a device that is gone and had this stream was expected");
  }
  const signer = before.author(jws.kid);
  before.checkReach(signer, [target]);
  if (!holds(signer, x)) {
    throw new CircleError("authz", "who accepts records must be able to read them");
  }
  const fence = fenceOf(target, x);
  if (fence === undefined || n <= fence) {
    throw new CircleError("fence", "a count beyond the fence was expected");
  }
  return { devices: replaced(before, marked(target, x, [n, d])) };
}

function closing(before: Standing, { jws }: Entry<Close>, closedAt: number | null): Changes {
  const { role } = before.author(jws.kid);
  if (!before.rules.close.includes(role)) {
    throw new CircleError("authz", `a ${role} may not close this circle, nor open it again`);
  }
  return { closedAt };
}

function broughtIn(
  before: Standing,
  device: string,
  { dev, seq }: Join | Add,
  place: Pick<Member, "role" | "member" | "s" | "by">,
): Map<string, Member> {
  if (before.devices.has(device) || before.knowsKey(dev.spk)) {
    throw new CircleError("dup", "a device or its key was in this circle before");
  }
  return replaced(before, newMember({ device, pub: dev, ...place, since: seq }));
}

function replaced(before: Standing, ...members: readonly Member[]): Map<string, Member> {
  return new Map([
    ...before.devices,
    ...members.map((member): [string, Member] => [member.device, member]),
  ]);
}

function ended(
  before: Standing,
  invitation: Invitation,
  state: "used" | "withdrawn",
): Map<string, Invitation> {
  return new Map(before.invitations).set(invitation.iid, { ...invitation, state });
}

/**
 * Promise that a device holds an invitation's key.
 *
 * @throws CircleError `proof`: whatever is wrong with it.
 */
export async function checkProof(
  circle: string,
  { iid, spk }: Pick<Invitation, "iid" | "spk">,
  device: string,
  proof: string,
): Promise<void> {
  try {
    const jws = parseJws(proof, PROOF_TYP);
    await verifyJws(jws, spk);
    if (jws.kid === iid && equalBytes(jcs(jws.payload), jcs({ cir: circle, dev: device }))) {
      return;
    }
  } catch (error) {
    if (!(error instanceof CircleError)) {
      throw error;
    }
  }
  throw new CircleError("proof", "the invitation did not admit this device");
}

function streamsOf(ep: Remove["ep"]): Stream[] {
  return (["c", "k"] as const).filter((stream) => ep[stream] !== undefined);
}

function isSameSet(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((text) => right.includes(text));
}
