/** What a clinic says to all its patients reaches each of them once, and the newer word stands. */
import { expect, test } from "vitest";
import { factsOwed } from "../../src/client/clinic-facts";
import { byStaff } from "../../src/gallery/fake";
import type { Approval, Contacts } from "../../src/records.gen";

const card = (at: number, emergency: string): Contacts => ({
  type: "contacts",
  lam: 1,
  at,
  tz_min: 0,
  emergency,
  contacts: [{ name: "Clinic", phone: "123" }],
});
const approval = (at: number, change: Partial<Approval> = {}): Approval => ({
  type: "approval",
  lam: 1,
  at,
  tz_min: 0,
  texts: "red-flags",
  version: "v1",
  language: "en",
  approved: true,
  name: "Rosa",
  ...change,
});
const owed = (clinic: (Contacts | Approval)[], patient: (Contacts | Approval)[]) =>
  factsOwed(
    clinic.map((one) => byStaff(one)),
    patient.map((one) => byStaff(one)),
  );

test("a patient who has heard nothing is told the newest of each", () => {
  const told = owed(
    [card(1, "110"), card(2, "112"), approval(3), approval(4, { language: "sw" })],
    [],
  );
  expect(told.map((fact) => (fact.type === "contacts" ? fact.emergency : fact.language))).toEqual([
    "112",
    "en",
    "sw",
  ]);
  expect(told[0]).toEqual({
    type: "contacts",
    emergency: "112",
    contacts: [{ name: "Clinic", phone: "123" }],
  });
});

test("who has heard it is not told again, by whichever therapist", () => {
  expect(owed([card(1, "112")], [card(9, "112")])).toEqual([]);
  expect(owed([card(9, "112")], [card(1, "112")])).toEqual([]);
});

test("a changed card goes out, an older one never comes back", () => {
  expect(owed([card(5, "113")], [card(3, "112")])).toHaveLength(1);
  expect(owed([card(2, "110")], [card(3, "112")])).toEqual([]);
});

test("an approval that was taken back is taken back with the patient too", () => {
  const back = approval(5, { approved: false });
  expect(owed([approval(1), back], [approval(2)])).toEqual([
    expect.objectContaining({ approved: false }),
  ]);
  expect(owed([approval(1), back], [])).toEqual([]);
});

test("what others than staff wrote in the patient's circle changes nothing", () => {
  const { staff: _, ...forged } = byStaff(card(9, "666"));
  const clinic = [byStaff(card(1, "112"))];
  expect(factsOwed(clinic, [forged])).toHaveLength(1);
});
