/** The acts of clinicians on one circle and, where they reach further, on all of a profile. */
import { computed, type ReadonlySignal } from "@preact/signals";
import type { ClinicActs, ClinicView } from "../clinic.ts";
import { type Acting, clinicOf, meIn } from "./acting.ts";
import { addClinicKey, canAddKey } from "./clinic-key.ts";
import { issueTicket, sayName, staffOf } from "./enrolment.ts";
import { beginNotes, grantNotes, notesOf, writeForClinicians } from "./grants.ts";
import { batchesOf, confirmWish, openWishes, wish } from "./handover.ts";
import { acceptLate, goneDevices, lateRecords } from "./late.ts";
import { silentPhones } from "./silences.ts";
import { setStopped, stoppedDevices, takeOutEverywhere } from "./suspensions.ts";

/** What can be done about a circle whose members were opened. */
export function openActs(acting: Acting): ClinicActs {
  const view: ReadonlySignal<ClinicView> = computed(() => viewOf(acting));
  return {
    view,
    sayName: (name) => sayName(acting, name),
    enrol: (devices) => issueTicket(acting, devices),
    stopped: () => stoppedDevices(acting),
    stop: (device) => setStopped(acting, device, true),
    serve: (device) => setStopped(acting, device, false),
    takeOut: (device) => takeOutEverywhere(acting, device),
    batches: () => batchesOf(acting),
    wish: (circles, member) => wish(acting, circles, member),
    wishes: () => openWishes(acting),
    confirm: ({ circle, member }) => confirmWish(acting, circle, member),
    silent: () => silentPhones(acting),
    late: () => lateRecords(acting),
    accept: (device, stream, n) => acceptLate(acting, device, stream, n),
    beginNotes: () => beginNotes(acting),
    writeForClinicians: (text) => writeForClinicians(acting, text),
    grant: (device) => grantNotes(acting, device),
    addKey: (line) => addClinicKey(acting, line),
  };
}

function viewOf(acting: Acting): ClinicView {
  const { care, cares } = acting;
  void care.drawn.value;
  const clinic = clinicOf(acting);
  void clinic?.drawn.value;
  const isThere = clinic !== undefined && meIn(clinic) !== undefined;
  return {
    purpose: care.purpose,
    isAdmin: isThere && meIn(clinic)?.role === "admin",
    canAddKey: isThere && cares().some(canAddKey),
    staff: isThere ? staffOf(clinic) : [],
    notes: notesOf(care),
    gone: goneDevices(care).length,
  };
}
