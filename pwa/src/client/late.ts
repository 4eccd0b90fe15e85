/**
 * Records that come too late: written on a device that has been removed meanwhile.
 *
 * The server keeps them apart. Who could have removed the device reads them there and decides up to
 * where they count after all.
 */
import { openVerified, type SealedDocument, verify } from "../circle/document.ts";
import * as entries from "../circle/entries.ts";
import { CircleError } from "../circle/errors.ts";
import { chains, endOf, markAt, START } from "../circle/feed.ts";
import type { Stream } from "../circle/grammar.ts";
import type { Mark, Member, Membership } from "../circle/log.ts";
import { marked } from "../circle/standing.ts";
import type { LateRecord, LateView } from "../clinic.ts";
import { type Acting, asked, meIn, passes } from "./acting.ts";
import type { OpenCare } from "./care.ts";
import { asRecord } from "./shapes.ts";

const COUNTER_MAX = 999_999;
const STREAMS = ["c", "k"] as const;

/** Devices that are gone and whose late records this one may take in. */
export function goneDevices(care: OpenCare): Member[] {
  const me = meIn(care);
  if (me === undefined) return [];
  const { membership } = care;
  return [...membership.devices.values()]
    .filter(({ until, marks }) => until !== null && marks.c !== undefined)
    .filter((gone) => passes(() => membership.checkReach(me, [gone])));
}

/** What devices that are gone have handed in. */
export async function lateRecords(acting: Acting): Promise<LateView[]> {
  const views: LateView[] = [];
  for (const { device } of goneDevices(acting.care)) {
    const found = await handedIn(acting, device);
    for (const stream of STREAMS) {
      const some = found.filter(({ verified }) => verified.id.stream === stream);
      if (some.length > 0) views.push(await viewOf(acting.care, device, stream, some));
    }
  }
  return views;
}

type Verified = Awaited<ReturnType<typeof verify>>;

interface HandedIn {
  readonly verified: Verified;
  readonly record: LateRecord;
}

async function viewOf(
  care: OpenCare,
  device: string,
  stream: Stream,
  found: readonly HandedIn[],
): Promise<LateView> {
  const end = await reached(care, device, stream, found);
  const records = found.map(({ record }) => record).sort((left, right) => left.n - right.n);
  return { device, name: care.nameOfDevice(device), stream, records, through: end.through };
}

/** How far the late records go without a gap, and the mark at each counter. */
async function reached(
  { feeds }: OpenCare,
  device: string,
  stream: Stream,
  found: readonly HandedIn[],
): Promise<{ readonly through: number; at(n: number): Mark | undefined }> {
  const [n, d] = (await feeds.marks())(device, stream);
  const mark = n === 0 ? START : { n, d };
  const later = found.map(({ verified }) => verified).filter(({ id }) => id.n > n);
  const [chain] = await chains(later, [{ device, stream, mark }]);
  if (chain === undefined) return { through: 0, at: () => undefined };
  const end = endOf(chain).n;
  return { through: end > n ? end : 0, at: (one) => (one > n ? markAt(chain, one) : undefined) };
}

/** The device's documents in quarantine whose signature is good, in order. */
async function handedIn(acting: Acting, device: string): Promise<HandedIn[]> {
  const { care } = acting;
  const path = `/circles/${care.circle}/quarantine?device=${device}`;
  const { docs } = (await asked(acting, path)) as { readonly docs: readonly SealedDocument[] };
  const membership = unfencedFor(care.membership, device);
  const found: HandedIn[] = [];
  for (const { _id, _rev, h, c, s } of docs) {
    try {
      const verified = await verify(membership, { _id, h, c, s, ...(_rev && { _rev }) });
      if (verified.id.device !== device) continue;
      found.push({ verified, record: await read(care, membership, verified) });
    } catch (error) {
      if (!(error instanceof CircleError)) throw error;
    }
  }
  return found.sort((left, right) => left.verified.id.n - right.verified.id.n);
}

/** The circle as if the fence of a device reached as far as counters go; nothing else of it is other. */
function unfencedFor(membership: Membership, device: string): Membership {
  const gone = membership.devices.get(device);
  if (gone === undefined) return membership;
  const open = STREAMS.reduce((one, x) => marked(one, x, [COUNTER_MAX, ""]), gone);
  const devices = new Map([...membership.devices, [device, open]]);
  return Object.create(membership, { devices: { value: devices } }) as Membership;
}

async function read(
  care: OpenCare,
  membership: Membership,
  verified: Verified,
): Promise<LateRecord> {
  const { n, kind } = verified.id;
  try {
    const body = await openVerified(membership, care.secrets, verified);
    const value = asRecord(kind, body);
    if (value === undefined) return { n, type: "other", day: "" };
    const told = value as { day?: string; score?: LateRecord["pain"]; text?: string };
    const worst = value.type === "session" ? value.pain.worst : told.score;
    return {
      ...{ n, type: value.type, day: told.day ?? "" },
      ...(worst === undefined ? {} : { pain: worst }),
      ...(told.text === undefined ? {} : { text: told.text }),
    };
  } catch (error) {
    if (!(error instanceof CircleError)) throw error;
    return { n, type: "unread", day: "" };
  }
}

/**
 * Let late records of a device count up to counter `n`.
 *
 * @throws CircleError `target`: nothing without a gap reaches so far.
 */
export async function acceptLate(
  acting: Acting,
  device: string,
  stream: Stream,
  n: number,
): Promise<void> {
  const { care, around } = acting;
  const { keys, clock, writer } = around;
  care.checkTrusted();
  await writer.append(care, async () => {
    const ends = await reached(care, device, stream, await handedIn(acting, device));
    const mark = ends.at(n);
    if (mark === undefined) {
      throw new CircleError("target", "no late records reach so far without a gap");
    }
    const { membership, secrets } = care;
    const what = { target: device, x: stream, n: mark.n, d: mark.d };
    return entries.accept(keys, membership, secrets, what, clock.serverS);
  });
  acting.moved();
}
