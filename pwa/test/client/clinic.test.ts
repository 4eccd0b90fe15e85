/** What clinicians do beyond letting in and taking out, each against the server itself. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { holds } from "../../src/circle/standing.ts";
import type { OpenCare } from "../../src/client/care.ts";
import type { OpenProfile } from "../../src/client/profile.ts";
import type { ClinicActs } from "../../src/clinic.ts";
import type { Place } from "../../src/members.ts";
import { FakePhone } from "./fake-phone.ts";
import { fragmentOf, NAMES, PLAN, session, start, until } from "./scene.ts";
import { rejoint, type ServerProcess, startServer } from "./server-process.ts";

let server: ServerProcess;
/** Founder of the clinic: its admin, who treats as well. */
let rosa: OpenProfile;
const opened: OpenProfile[] = [];
/** Requests that get no answer. */
let cut: (url: string, init: RequestInit) => boolean = () => false;
/** What the trail says in place of the server's, by how it is asked. */
let trail: Readonly<Record<string, readonly object[]>> = {};

beforeAll(async () => {
  server = await startServer();
  rosa = (await (await start(phone())).found(fragmentOf(server.setup), NAMES)) as OpenProfile;
  await rosa.syncNow();
});

afterEach(async () => {
  cut = () => false;
  trail = {};
  await Promise.all(opened.splice(0).map((one) => one.close()));
});

afterAll(async () => {
  await rosa.close();
  server.stop();
  for (const home of homes) rmSync(home, { recursive: true, force: true });
});

const homes: string[] = [];

/** A headless device, by its commands. */
function headless(): (...words: readonly string[]) => Record<string, unknown> {
  const home = mkdtempSync(join(tmpdir(), "rejoint-device-"));
  homes.push(home);
  return (act, ...words) => rejoint("device", ...(act ?? "").split(" "), "--home", home, ...words);
}

function phone(): FakePhone {
  const fetchOrCut = (url: string, init: RequestInit) => {
    const said = trail[url.split("/audit")[1] ?? "none"];
    if (said !== undefined) return Promise.resolve(Response.json({ acts: said }));
    return cut(url, init) ? Promise.reject(new TypeError("cut")) : fetch(url, init);
  };
  return new FakePhone({ fetch: fetchOrCut }, new URL(server.setup).origin);
}

function clinicOf(one: OpenProfile): string {
  return one.cares.value.find(({ purpose }) => purpose === "clinic")?.circle ?? "";
}

async function acts(one: OpenProfile, circle: string): Promise<ClinicActs> {
  const members = await one.members(circle);
  const found = await members.acts();
  members.close();
  return found;
}

/** Somebody's phone comes in by a code that `by` shows. */
async function joined(by: OpenProfile, circle: string, place: Place): Promise<OpenProfile> {
  const members = await by.members(circle);
  const link = await members.invite(place, "direct");
  members.close();
  const one = (await (await start(phone())).join(fragmentOf(link))) as OpenProfile;
  opened.push(one);
  await one.syncNow();
  await by.syncNow();
  return one;
}

/** A colleague in the clinic, who goes by a name. */
async function colleague(name: string): Promise<OpenProfile> {
  const one = await joined(rosa, clinicOf(rosa), { role: "therapist" });
  await (await acts(one, clinicOf(one))).sayName(name);
  await one.syncNow();
  await rosa.syncNow();
  await until(() => staff(rosa, name) !== undefined);
  return one;
}

function staff(one: OpenProfile, name: string) {
  const care = one.care(clinicOf(one));
  return care.membership.liveDevices().find(({ member }) => care.nameOfMember(member) === name);
}

async function patientOf(by: OpenProfile, name: string): Promise<[OpenProfile, string]> {
  const { circle, link } = await by.createPatient(name, PLAN);
  const one = (await (await start(phone())).join(fragmentOf(link))) as OpenProfile;
  opened.push(one);
  await one.syncNow();
  await by.syncNow();
  return [one, circle];
}

function deviceIn(care: OpenCare, role: string): string {
  return care.membership.liveDevices().find((one) => one.role === role)?.device ?? "";
}

test("an admin gives out a ticket; the patient's phone founds the circle and lets the therapist in", async () => {
  const omar = await colleague("Omar");
  const office = await acts(rosa, clinicOf(rosa));
  const chosen = office.view.value.staff.find(({ name }) => name === "Omar")?.devices ?? [];
  expect(chosen).toEqual([omar.care(clinicOf(omar)).keys.id]);
  const { link, expires } = await office.enrol(chosen);
  expect(expires - rosa.clock.serverS).toBeGreaterThan(13 * 86_400);
  const patient = (await (await start(phone())).join(fragmentOf(link))) as OpenProfile;
  opened.push(patient);
  await patient.syncNow();
  await omar.syncNow();
  const [own] = patient.cares.value;
  const circle = own?.circle ?? "";
  expect(omar.care(circle).role).toBe("therapist");
  // The admin who gave the ticket out is in no way part of it.
  await rosa.syncNow();
  expect(rosa.cares.value.some((care) => care.circle === circle)).toBe(false);
  await omar.syncNow();
  await patient.syncNow();
  await until(() => own?.therapist.value === "Omar");
  // It founds one circle.
  await expect((await start(phone())).join(fragmentOf(link))).rejects.toMatchObject({
    name: "BrokenLink",
  });
  await expect((await acts(omar, clinicOf(omar))).enrol(chosen)).rejects.toMatchObject({
    code: "authz",
  });
  await expect(office.enrol([`d${"B".repeat(20)}`])).rejects.toMatchObject({ code: "target" });
});

test("a stopped phone is served no more, and clinicians' phones take it out of its circles", async () => {
  const [patient, circle] = await patientOf(rosa, "Amina");
  const lost = patient.care(circle).keys.id;
  const office = await acts(rosa, clinicOf(rosa));
  await office.stop(lost);
  await patient.logSession(circle, session(1));
  await patient.syncNow();
  expect(patient.sync.value.unsent).toBe(1);
  expect(await office.stopped()).toEqual([{ device: lost, name: "Amina", reach: 1 }]);
  await office.serve(lost);
  await patient.syncNow();
  expect(patient.sync.value.unsent).toBe(0);
  await office.stop(lost);
  const omar = await colleague("Omar Two");
  // A therapist is told too, though there is nothing that she could do here.
  expect(await (await acts(omar, clinicOf(omar))).stopped()).toEqual([
    { device: lost, name: "", reach: 0 },
  ]);
  await rosa.syncNow();
  expect(await office.takeOut(lost)).toBe(1);
  expect(rosa.care(circle).membership.live(lost)).toBeUndefined();
  expect(rosa.care(circle).membership.epochs.c.length).toBe(2);
  expect((await office.stopped())[0]?.reach).toBe(0);
  expect(await office.takeOut(lost)).toBe(0);
  await office.serve(lost);
});

test("the clinic wishes, the therapist says yes to a name, and the rest of it is done again after a cut", async () => {
  const [, first] = await patientOf(rosa, "Bela");
  const lena = await colleague("Lena");
  const second = await joined(lena, clinicOf(lena), {
    role: "therapist",
    member: lena.care(clinicOf(lena)).member ?? "",
  });
  await rosa.syncNow();
  const office = await acts(rosa, clinicOf(rosa));
  const mine = (await office.batches()).find(({ name }) => name === "Rosa");
  expect(mine?.circles).toContain(first);
  const member = staff(rosa, "Lena")?.member ?? "";
  await office.wish(mine?.circles ?? [], member);
  await rosa.syncNow();
  await lena.syncNow();
  expect(lena.cares.value.some((care) => care.circle === first)).toBe(false);
  const wish = (await office.wishes()).find(({ circle }) => circle === first);
  expect(wish).toMatchObject({ patient: "Bela", name: "Lena", devices: 2 });
  // Who is not in the circle has nothing to say yes to.
  expect(await (await acts(lena, clinicOf(lena))).wishes()).toEqual([]);
  let bundles = 0;
  cut = (url, init) => {
    if (!url.endsWith(`/circles/${first}/log`) || init.method !== "POST") return false;
    bundles += 1;
    return bundles > 1;
  };
  await expect(office.confirm({ circle: first, member })).rejects.toThrow();
  cut = () => false;
  expect((await office.wishes()).find(({ circle }) => circle === first)?.devices).toBe(1);
  await office.confirm({ circle: first, member });
  expect((await office.wishes()).some(({ circle }) => circle === first)).toBe(false);
  await rosa.syncNow();
  for (const one of [lena, second]) {
    await one.syncNow();
    await one.syncNow();
    await until(() => one.care(first).plans.value.length === 1);
    expect(one.care(first).name.value).toBe("Bela");
  }
  expect(rosa.care(first).nameOfDevice(lena.care(first).keys.id)).toBe("Lena");
});

test("who fell silent goes by name where this phone reads the circle, else by who took them in", async () => {
  const [amina, circle] = await patientOf(rosa, "Amina");
  const omar = await colleague("Omar Six");
  const [, theirs] = await patientOf(omar, "Zawadi");
  await rosa.syncNow();
  const at = rosa.clock.serverS;
  const lost = deviceIn(rosa.care(circle), "patient");
  const other = deviceIn(omar.care(theirs), "patient");
  const staffs = omar.care(theirs).keys.id;
  const act = { n: 9, at, act: "silent" };
  const acted = [
    { ...act, device: lost, circle },
    { ...act, device: lost, circle, at: at - 9 },
    { ...act, device: other, circle: theirs },
    { ...act, device: staffs, circle: clinicOf(rosa) },
    { ...act, device: rosa.care(circle).keys.id, circle },
    { ...act, device: "dold", circle: theirs, at: at - 77 * 86_400 },
  ];
  trail = { "?act=silent": acted };
  const office = await acts(rosa, clinicOf(rosa));
  const since = at - 14 * 86_400;
  const unknown = { since, isStaff: false, patient: "", by: "" };
  expect(await office.silent()).toEqual([
    { ...unknown, device: lost, circle, name: "Amina", patient: "Amina" },
    { ...unknown, device: other, circle: theirs, name: "", by: "Omar Six" },
    { ...unknown, device: staffs, circle: clinicOf(rosa), name: "Omar Six", isStaff: true },
  ]);
  expect(await (await acts(omar, clinicOf(omar))).silent()).toEqual([]);

  // Its records of after that are here: it is back. A phone that was taken out is looked for no more.
  trail = { "?act=silent": [{ ...act, device: lost, circle, at: at - 3600 }] };
  await amina.logSession(circle, session(1));
  await amina.syncNow();
  await rosa.syncNow();
  await until(() => rosa.care(circle).sessions.value.length === 1);
  expect(await office.silent()).toEqual([]);
  trail = { "?act=silent": [{ ...act, device: lost, circle, at: at + 3600 }] };
  expect((await office.silent()).length).toBe(1);
  await office.takeOut(lost);
  expect(await office.silent()).toEqual([]);

  // Who falls silent has not treated anybody by that.
  trail = { "": [{ ...act, n: 1, device: staffs, circle: theirs }] };
  expect(await office.batches()).toEqual([]);
});

test("a colleague's own word is no wish of the clinic", async () => {
  const [, circle] = await patientOf(rosa, "Chidi");
  const mallory = await colleague("Mallory");
  const clinic = mallory.care(clinicOf(mallory));
  const member = clinic.member ?? "";
  const values = { [`take_${circle.slice(1, 27)}`]: circle };
  await clinic.write({ type: "set", about: "member", member, values });
  await mallory.syncNow();
  await rosa.syncNow();
  const wishes = await (await acts(rosa, clinicOf(rosa))).wishes();
  expect(wishes.filter((one) => one.circle === circle)).toEqual([]);
});

test("what a removed phone handed in too late is read, and counts when somebody says so", async () => {
  const [patient, circle] = await patientOf(rosa, "Dara");
  await patient.logSession(circle, session(1));
  await patient.syncNow();
  await rosa.syncNow();
  for (const worst of [2, 3, 4]) await patient.logSession(circle, session(worst));
  const gone = patient.care(circle).keys.id;
  const members = await rosa.members(circle);
  await members.remove([gone]);
  members.close();
  await patient.syncNow();
  const ward = await acts(rosa, circle);
  expect(ward.view.value.gone).toBe(1);
  const [late] = await ward.late();
  expect(late).toMatchObject({ device: gone, name: "Dara", stream: "c", through: 4 });
  expect(late?.records.map(({ n, type, pain, day }) => [n, type, pain, day])).toEqual([
    [2, "session", 2, "2026-11-21"],
    [3, "session", 3, "2026-11-21"],
    [4, "session", 4, "2026-11-21"],
  ]);
  expect(rosa.care(circle).sessions.value.length).toBe(1);
  await expect(ward.accept(gone, "c", 5)).rejects.toMatchObject({ code: "target" });
  await ward.accept(gone, "c", 3);
  await rosa.syncNow();
  const seen = rosa.care(circle).sessions;
  await until(() => seen.value.length === 3);
  expect((await ward.late())[0]?.records.map(({ n }) => n)).toEqual([4]);
  await ward.accept(gone, "c", 4);
  await rosa.syncNow();
  await until(() => seen.value.length === 4);
  expect(await ward.late()).toEqual([]);
  expect(rosa.care(circle).alarm).toBe("");
});

test("a therapist whom a patient let in reads the clinicians' notes only when one of them says so", async () => {
  const [patient, circle] = await patientOf(rosa, "Esi");
  const ward = await acts(rosa, circle);
  expect((await acts(patient, circle)).view.value.notes.state).toBe("no");
  expect(ward.view.value.notes.state).toBe("none");
  await ward.beginNotes();
  expect(ward.view.value.notes).toEqual({ state: "mine", waiting: [] });
  await patient.syncNow();
  const guest = await joined(patient, circle, { role: "therapist" });
  await rosa.syncNow();
  const theirs = await acts(guest, circle);
  expect(theirs.view.value.notes.state).toBe("others");
  const device = guest.care(circle).keys.id;
  expect(ward.view.value.notes.waiting.map((one) => one.device)).toEqual([device]);
  await expect(theirs.beginNotes()).resolves.toBeUndefined();
  expect(guest.care(circle).membership.epochs.k.length).toBe(1);
  await ward.grant(device);
  await guest.syncNow();
  await until(() => theirs.view.value.notes.state === "mine");
  expect(guest.care(circle).secrets.has("k", 1)).toBe(true);
  const held = rosa.care(circle).membership.entitled("k");
  expect(held.map((one) => one.role)).toEqual(["therapist", "therapist"]);
});

test("what clinicians write among themselves reaches them and nobody else, and counts by itself", async () => {
  const [patient, circle] = await patientOf(rosa, "Hana");
  const ward = await acts(rosa, circle);
  await ward.beginNotes();
  const guest = await joined(patient, circle, { role: "therapist" });
  await rosa.syncNow();
  await ward.grant(guest.care(circle).keys.id);
  await ward.writeForClinicians("one");
  await ward.writeForClinicians("two");
  await rosa.writeNote(circle, "for all");
  expect(rosa.sync.value.unsent).toBe(3);
  await rosa.syncNow();
  expect(rosa.sync.value).toMatchObject({ state: "idle", unsent: 0, refused: [] });
  const { receipts } = rosa.care(circle);
  expect(receipts.upTo("k")).toBe(2);
  expect(receipts.upTo("c")).toBe(receipts.through);
  const text = (one: OpenProfile) => one.care(circle).notes.value.map(({ value }) => value.text);
  await guest.syncNow();
  await until(() => text(guest).length === 3);
  expect(text(guest).sort()).toEqual(["for all", "one", "two"]);
  await patient.syncNow();
  await until(() => text(patient).length === 1);
  const [hidden] = rosa.care(circle).notes.value;
  expect(hidden?.id.at(-7)).toBe("k");
  expect(await patient.care(circle).records.read(hidden?.id ?? "")).toEqual([]);
  // Who goes says of each stream how far it came.
  const members = await rosa.members(circle);
  const end = rosa.care(circle).receipts;
  await members.leave();
  members.close();
  const gone = rosa.care(circle).membership.devices.get(rosa.care(circle).keys.id);
  expect(gone?.marks.k?.[0]?.n).toBe(2);
  expect(gone?.marks.c?.[0]?.n).toBe(end.through);
  await guest.syncNow();
  await guest.syncNow();
  expect(guest.care(circle).alarm).toBe("");
});

test("a key of the clinic that was made offline comes into its circles, and only reads", async () => {
  const [patient, circle] = await patientOf(rosa, "Femi");
  const made = rejoint("recovery-key", "new");
  const office = await acts(rosa, clinicOf(rosa));
  const before = rosa.cares.value.filter(({ isOut }) => !isOut.value).length;
  await expect(office.addKey(String(made.pub).slice(0, -3))).rejects.toMatchObject({
    code: "schema",
  });
  expect(await office.addKey(String(made.pub))).toBe(before);
  expect(await office.addKey(String(made.pub))).toBe(0);
  await patient.syncNow();
  const key = patient.care(circle).membership.live(String(made.device));
  expect([key?.role, key && holds(key, "k")]).toEqual(["recovery", false]);
  const members = await patient.members(circle);
  expect(members.view.value.people.map(({ role }) => role)).toContain("recovery");
  members.close();
  // Whoever may not let it in is not offered to.
  expect((await acts(patient, circle)).view.value.canAddKey).toBe(false);
});

test("a helper logs for a child, and hands over to the child's own phone", async () => {
  const { circle } = await rosa.createPatient("Gita", PLAN);
  await rosa.syncNow();
  const mother = await joined(rosa, circle, { role: "caregiver" });
  await mother.logSession(circle, session(2));
  await mother.syncNow();
  await rosa.syncNow();
  const child = await joined(rosa, circle, { role: "patient" });
  const members = await rosa.members(circle);
  await members.remove([deviceIn(rosa.care(circle), "caregiver")]);
  members.close();
  await rosa.writeNote(circle, "between us");
  await rosa.syncNow();
  await child.syncNow();
  await until(() => child.care(circle).notes.value.length === 1);
  const [told, ...others] = child.care(circle).sessions.value;
  expect(others).toEqual([]);
  expect(told).toMatchObject({ mine: false, entered: { role: "caregiver" } });
  expect(child.care(circle).name.value).toBe("Gita");
  await mother.syncNow();
  await until(() => mother.care(circle).isOut.value);
  expect(mother.care(circle).notes.value).toEqual([]);
});

test("a headless admin and a headless patient understand what this app wrote, and the other way round", async () => {
  const members = await rosa.members(clinicOf(rosa));
  const link = await members.invite({ role: "admin" }, "direct");
  members.close();
  const kofi = headless();
  const { device, member } = kofi("join", link) as { device: string; member: string };
  await rosa.syncNow();
  const clinic = clinicOf(rosa);
  const office = await acts(rosa, clinic);

  // A ticket of this app lets a headless patient found, and the other way round.
  const ticket = await office.enrol([device]);
  const patient = headless();
  const founded = patient("join", ticket.link) as { circle: string };
  patient("sync");
  kofi("sync");
  const { circles } = kofi("circle list") as { circles: { circle: string }[] };
  expect(circles.map(({ circle }) => circle)).toContain(founded.circle);
  const other = kofi("enrol", "--circle", clinic, rosa.care(clinic).keys.id) as { link: string };
  const amina = (await (await start(phone())).join(fragmentOf(other.link))) as OpenProfile;
  opened.push(amina);
  await amina.syncNow();
  await rosa.syncNow();
  expect(rosa.care(amina.cares.value[0]?.circle ?? "").role).toBe("therapist");

  // A wish of this app is confirmed there.
  const own = rosa.care(clinic).member ?? "";
  await office.wish([founded.circle], own);
  await rosa.syncNow();
  kofi("sync");
  expect(kofi("handover-wishes")).toMatchObject({
    wishes: [{ circle: founded.circle, member: own, devices: [rosa.care(clinic).keys.id] }],
  });
  kofi("handover-confirm", "--circle", founded.circle, "--member", own);
  await rosa.syncNow();
  expect(rosa.care(founded.circle).role).toBe("therapist");

  // A wish of theirs is confirmed here.
  const { circle } = await rosa.createPatient("Ines", PLAN);
  await rosa.syncNow();
  kofi("handover-wish", "--circle", clinic, "--patient", circle, "--member", member);
  kofi("sync");
  await rosa.syncNow();
  const wishes = (await office.wishes()).filter((one) => one.circle === circle);
  expect(wishes).toEqual([{ circle, patient: "Ines", member, name: "", devices: 1 }]);
  await office.confirm({ circle, member });
  kofi("sync");
  const now = kofi("circle list") as { circles: { circle: string }[] };
  expect(now.circles.map((one) => one.circle)).toContain(circle);
}, 60_000);
