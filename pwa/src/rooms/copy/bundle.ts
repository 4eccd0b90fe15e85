/**
 * A record as a FHIR R4 Bundle, for another program. Made on the phone, out of what it shows. Pure.
 *
 * Source: HL7 FHIR R4, "Bundle", "Observation" (`dataAbsentReason`), "Procedure", "Communication";
 * LOINC 72514-3 "Pain severity - 0-10 verbal numeric rating"; SNOMED CT 229065009 "Exercise therapy".
 */
import type { Care, Opened } from "../../client";
import type { AnyRecord, PainAnswer } from "../../records.gen";

type Json = Readonly<Record<string, unknown>>;

const LOINC_PAIN = { system: "http://loinc.org", code: "72514-3" };
const SNOMED_EXERCISE = { system: "http://snomed.info/sct", code: "229065009" };
const ABSENT = "http://terminology.hl7.org/CodeSystem/data-absent-reason";

/** A moment with the offset of the place where it was. */
export function instantOf(unix_s: number, tz_min: number): string {
  const local = new Date((unix_s + tz_min * 60) * 1000).toISOString().slice(0, 19);
  const minutes = Math.abs(tz_min);
  const two = (part: number) => String(Math.floor(part)).padStart(2, "0");
  return `${local}${tz_min < 0 ? "-" : "+"}${two(minutes / 60)}:${two(minutes % 60)}`;
}

/** A pain score; what was skipped has a reason and no number, what was not asked is not there. */
function observation(id: string, when: string, part: string, answer: PainAnswer): Json {
  const value =
    answer === "not_said"
      ? { dataAbsentReason: { coding: [{ system: ABSENT, code: "asked-declined" }] } }
      : { valueInteger: answer };
  return {
    resourceType: "Observation",
    id: `${id}.${part}`,
    status: "final",
    code: { coding: [LOINC_PAIN], text: part },
    effectiveDateTime: when,
    ...value,
  };
}

/** The resources of one record; of types that FHIR has no place for, the record as it is. */
function resourcesOf({ id: name, value, clock, entered }: Opened<AnyRecord>): Json[] {
  const id = name.replaceAll(":", ".");
  const { tz_min, at } = value;
  const when = instantOf("performed_at" in value ? value.performed_at : at, tz_min);
  const meta = {
    ...(clock && { extension: [{ url: "urn:rejoint:clock", valueCode: clock }] }),
    ...(entered && { note: [{ text: `entered by ${entered.role}` }] }),
  };
  switch (value.type) {
    case "pain":
      return [{ ...observation(id, when, value.context, value.score), ...meta }];
    case "session": {
      const procedure = {
        resourceType: "Procedure",
        id,
        status: value.done === "none" ? "not-done" : "completed",
        code: { coding: [SNOMED_EXERCISE] },
        performedDateTime: when,
        ...meta,
      };
      const pains = Object.entries(value.pain) as [string, PainAnswer][];
      return [procedure, ...pains.map(([part, answer]) => observation(id, when, part, answer))];
    }
    case "note":
    case "message":
      return [
        {
          resourceType: "Communication",
          id,
          status: "completed",
          sent: instantOf(at, tz_min),
          ...(value.text !== undefined && { payload: [{ contentString: value.text }] }),
        },
      ];
    default:
      return [];
  }
}

/** All that a phone shows of a record, as one Bundle; every record is in it as it was written too. */
export function bundleOf(care: Care): Json {
  const diary = care.diary.value;
  const originals = diary.map(({ id, value }) => ({
    resourceType: "Basic",
    id: `${id.replaceAll(":", ".")}.record`,
    code: { text: value.type },
    extension: [{ url: "urn:rejoint:record", valueString: JSON.stringify(value) }],
  }));
  const entry = [...diary.flatMap(resourcesOf), ...originals].map((resource) => ({ resource }));
  return { resourceType: "Bundle", type: "collection", entry };
}
