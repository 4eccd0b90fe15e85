/**
 * Whether an opened record has the shape that the screens rely on.
 *
 * The server cannot look inside a record, so a faulty or hostile member could put anything there.
 * The full rules are in rejoint_sync/records; here is what keeps a screen from breaking: types,
 * bounds and required members. Members that this version does not know are kept.
 */
import type { AnyRecord } from "../records.gen.ts";
import { FORMS } from "../shapes.gen.ts";

/**
 * What a value has to be. A text is one or more of these with "/" between them: `n0,10` a whole
 * number from 0 to 10, `s80` a text of at most 80 letters, `d` a date, `b` true or false, `o` an
 * object with anything in it, `=all` exactly "all". A list is told by the form of what is in it and
 * its greatest length; an object by its members, of which those with "?" may be absent.
 */
type Form = string | readonly [Form, number] | { readonly [member: string]: Form };

const COMMON: Form = {
  lam: `n1,${2 ** 40}`,
  at: `n0,${2 ** 40}`,
  tz_min: "n-840,840",
  "off_s?": `n${-(2 ** 33)},${2 ** 33}`,
};
const ALL: Readonly<Record<string, readonly [kind: string, form: Form]>> = FORMS;

function isOne(form: string, value: unknown): boolean {
  const bound = form.slice(1);
  switch (form[0]) {
    case "n": {
      const [least, most] = bound.split(",").map(Number) as [number, number];
      return Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most;
    }
    case "s":
      return typeof value === "string" && value.length <= Number(bound);
    case "d":
      return typeof value === "string" && /^\d{4}-\d{2}-\d{2}$/.test(value);
    case "b":
      return typeof value === "boolean";
    case "o":
      return typeof value === "object" && value !== null && !Array.isArray(value);
    default:
      return value === bound;
  }
}

function fits(form: Form, value: unknown): boolean {
  if (typeof form === "string") return form.split("/").some((one) => isOne(one, value));
  if (isList(form)) {
    const [part, most] = form;
    return Array.isArray(value) && value.length <= most && value.every((one) => fits(part, one));
  }
  return (
    isOne("o", value) &&
    Object.entries(form).every(([member, part]) => {
      const isOptional = member.endsWith("?");
      const found = (value as Record<string, unknown>)[isOptional ? member.slice(0, -1) : member];
      return (isOptional && found === undefined) || fits(part, found);
    })
  );
}

function isList(form: Form): form is readonly [Form, number] {
  return Array.isArray(form);
}

/** The kind of document that holds this type of record. */
export function kindOf(type: AnyRecord["type"]): string {
  return ALL[type]?.[0] ?? "";
}

/** The record, or undefined when it is none that this version can show. */
export function asRecord(kind: string, value: unknown): AnyRecord | undefined {
  const type = (value as { type?: unknown }).type;
  const known = typeof type === "string" && Object.hasOwn(ALL, type) ? ALL[type] : undefined;
  const isKnown = known?.[0] === kind && fits(COMMON, value) && fits(known[1], value);
  return isKnown ? (value as AnyRecord) : undefined;
}
