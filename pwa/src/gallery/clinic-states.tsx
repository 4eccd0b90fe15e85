/** What clinicians do beyond members, in the states that press on the screens. */
import type { ComponentChildren } from "preact";
import type { ClinicView } from "../clinic";
import { MembersRoom } from "../rooms/members";
import { type MembersStep, show } from "../ui/route";
import { care, fakeClient } from "./fake";
import { type FakeOffice, fakeActs, silentView, staffView } from "./fake-clinic";
import { device, fakeMembers, membersView, person } from "./fake-members";

const LONG_NAME = "Wilhelmina-Anastasia Oluwaseun-Papadopoulou";
const CIRCLE = "cclinic";
const DAY_S = 86_400;
const LONG_AGO_S = Date.UTC(2025, 8, 12, 12) / 1000;
const PATIENT: Partial<ClinicView> = { purpose: "patient", canAddKey: false };

function room(
  at: MembersStep,
  parts: Partial<ClinicView> = {},
  told: FakeOffice = {},
): () => ComponentChildren {
  return () => {
    const purpose = parts.purpose ?? "clinic";
    const name = purpose === "clinic" ? "Hill Clinic" : "Amina";
    const one = care({ circle: CIRCLE, role: "therapist", purpose, name });
    const people = [...membersView().people, person({ name: LONG_NAME, devices: [LOST] })];
    const members = fakeMembers({ people }, false, fakeActs(parts, told));
    show({ room: "members", circle: CIRCLE, step: at });
    return <MembersRoom client={fakeClient({ role: "therapist", cares: [one], members })} />;
  };
}

const LOST = device({ id: "dlost" });
const WISH = { circle: "c1", patient: "Amina", member: "m1", name: "Omar", devices: 1 };
const SILENT = [
  silentView({ device: "d1", name: "Amina", patient: "Amina", since: LONG_AGO_S + 40 * DAY_S }),
  silentView({ device: "d2", by: LONG_NAME, since: LONG_AGO_S + 33 * DAY_S }),
  silentView({ device: "d3", name: "Joy", patient: "محمد عبد الرحمن", since: LONG_AGO_S + DAY_S }),
  silentView({ device: "d4", since: LONG_AGO_S }),
  silentView({ device: "d5", isStaff: true, since: LONG_AGO_S }),
];

export const CLINIC_STATES: Readonly<Record<string, () => ComponentChildren>> = {
  "clinic-more": room({ at: "more" }, {}, { wishes: [WISH, WISH], silent: SILENT }),
  "clinic-more-therapist": room(
    { at: "more" },
    { isAdmin: false, canAddKey: false, staff: [staffView({ name: "", mine: true })] },
  ),
  "clinic-more-patient": room(
    { at: "more" },
    { ...PATIENT, gone: 1, notes: { state: "mine", waiting: [] } },
  ),
  "clinic-enrol": room(
    { at: "enrol" },
    { staff: [staffView({ name: LONG_NAME }), staffView({ name: "" }), staffView()] },
  ),
  "clinic-stop": room(
    { at: "stop" },
    {},
    { stopped: [{ device: "dlost", name: LONG_NAME, reach: 2 }] },
  ),
  "clinic-stopped": room(
    { at: "stopped" },
    {},
    {
      stopped: [
        { device: "d1", name: LONG_NAME, reach: 12 },
        { device: "d2", name: "", reach: 0 },
      ],
    },
  ),
  "clinic-stopped-none": room({ at: "stopped" }),
  "clinic-silent": room({ at: "silent" }, {}, { silent: SILENT }),
  "clinic-silent-none": room({ at: "silent" }),
  "clinic-handover": room(
    { at: "handover" },
    {},
    {
      batches: [
        { by: "mRosa", name: LONG_NAME, circles: ["c1", "c2", "c3"] },
        { by: "", name: "", circles: ["c4"] },
      ],
    },
  ),
  "clinic-wishes": room(
    { at: "wishes" },
    {},
    {
      wishes: [
        WISH,
        { ...WISH, circle: "c2", patient: LONG_NAME },
        { ...WISH, circle: "c3", patient: "محمد عبد الرحمن", member: "m2", name: LONG_NAME },
      ],
    },
  ),
  "clinic-late": room({ at: "late" }, PATIENT, {
    late: [
      {
        device: "dlost",
        name: LONG_NAME,
        stream: "c",
        through: 12,
        records: [
          { n: 10, type: "session", day: "2025-11-10", pain: 0 },
          { n: 11, type: "pain", day: "2025-11-11", pain: "not_said" },
          { n: 12, type: "unread", day: "" },
        ],
      },
      {
        device: "dother",
        name: "",
        stream: "k",
        through: 0,
        records: [{ n: 9, type: "note", day: "", text: "Bends the knee too far." }],
      },
    ],
  }),
  "clinic-notes": room({ at: "notes" }, { ...PATIENT, notes: { state: "none", waiting: [] } }),
  "clinic-notes-waiting": room(
    { at: "notes" },
    {
      ...PATIENT,
      notes: {
        state: "mine",
        waiting: [
          { device: "d1", name: LONG_NAME, role: "therapist" },
          { device: "d2", name: "", role: "recovery" },
        ],
      },
    },
  ),
  "clinic-notes-others": room(
    { at: "notes" },
    { ...PATIENT, notes: { state: "others", waiting: [] } },
  ),
  "clinic-key": room({ at: "key" }),
  "members-child": () => {
    const people = [
      ...membersView().people.slice(0, 1),
      person({ role: "caregiver", name: "Joy" }),
    ];
    const members = fakeMembers({ people });
    const one = care({ circle: CIRCLE, role: "therapist" });
    show({ room: "members", circle: CIRCLE });
    return <MembersRoom client={fakeClient({ role: "therapist", cares: [one], members })} />;
  },
};
