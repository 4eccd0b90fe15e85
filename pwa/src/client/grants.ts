/**
 * The stream that clinicians keep among themselves: beginning it, and who may read it.
 *
 * A therapist whom a patient let in is a therapist by the patient's word alone. She reads what the
 * clinicians write among themselves only when one of them says so.
 */
import * as entries from "../circle/entries.ts";
import { SEES_K } from "../circle/roles.ts";
import { holds } from "../circle/standing.ts";
import type { NotesView } from "../clinic.ts";
import { type Acting, meIn, passes } from "./acting.ts";
import type { OpenCare } from "./care.ts";
import { asRecord } from "./shapes.ts";

/** How the notes of clinicians stand in a circle. */
export function notesOf(care: OpenCare): NotesView {
  const me = meIn(care);
  if (care.purpose !== "patient" || me?.role !== "therapist") return { state: "no", waiting: [] };
  const { membership } = care;
  if (!holds(me, "k")) {
    const canBegin = passes(() => membership.checkMayRekey(me, ["k"]));
    return { state: canBegin ? "none" : "others", waiting: [] };
  }
  const waiting = membership
    .liveDevices()
    .filter((one) => SEES_K.includes(one.role) && !holds(one, "k"))
    .map(({ device, role }) => ({
      device,
      role: role as NotesView["waiting"][number]["role"],
      name: care.nameOfDevice(device),
    }));
  return { state: "mine", waiting };
}

/** Open the stream of clinicians where none of them holds it. */
export async function beginNotes({ care, around, moved }: Acting): Promise<void> {
  const { keys, clock, writer } = around;
  care.checkTrusted();
  await writer.append(care, async () => {
    const { membership, secrets, feeds } = care;
    // A colleague was faster: she can give it.
    if (notesOf(care).state !== "none") return undefined;
    const how = { streams: ["k"], markOf: await feeds.marks() } as const;
    return entries.rekey(keys, membership, secrets, how, clock.serverS);
  });
  moved();
}

/**
 * Seal and store a note that clinicians alone read; resolves when it is durable.
 *
 * @throws CircleError `authz`: this device does not have that stream; `epoch`: not its key yet.
 */
export async function writeForClinicians(acting: Acting, text: string): Promise<void> {
  const { care, moved } = acting;
  await care.loaded;
  const bodyOf = () => ({ type: "note", text, lam: care.nextLam, ...care.stamp });
  if (asRecord("nt", bodyOf()) === undefined) throw new TypeError("not a whole note");
  await care.seal("nt", bodyOf, "k");
  moved();
}

/** Let a clinician's device read what the clinicians write among themselves. */
export async function grantNotes({ care, around, moved }: Acting, device: string): Promise<void> {
  const { keys, clock, writer } = around;
  care.checkTrusted();
  await writer.append(care, async () => {
    const { membership, secrets } = care;
    const target = membership.live(device);
    if (target === undefined || holds(target, "k")) return undefined;
    return entries.grant(keys, membership, secrets, device, clock.serverS);
  });
  moved();
}
