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
type Kept = readonly [kind: string, form: Form];
const ALL: Readonly<Record<string, Kept>> = FORMS;

type Check = (value: unknown) => boolean;

const isObject: Check = (value) =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function checkOne(form: string): Check {
  const bound = form.slice(1);
  switch (form[0]) {
    case "n": {
      const [least, most] = bound.split(",").map(Number) as [number, number];
      return (value) =>
        Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most;
    }
    case "s":
      return (value) => typeof value === "string" && value.length <= Number(bound);
    case "d":
      return (value) => typeof value === "string" && /^\d{4}-\d{2}-\d{2}$/.test(value);
    case "b":
      return (value) => typeof value === "boolean";
    case "o":
      return isObject;
    default:
      return (value) => value === bound;
  }
}

/** Forms are read once: a start looks at every record. */
function checkOf(form: Form): Check {
  if (typeof form === "string") {
    const ones = form.split("/").map(checkOne);
    return (value) => ones.some((isOne) => isOne(value));
  }
  if (isList(form)) {
    const [fits, most] = [checkOf(form[0]), form[1]];
    return (value) =>
      Array.isArray(value) && value.length <= most && value.every((one) => fits(one));
  }
  const members = Object.entries(form).map(([member, part]) => {
    const isOptional = member.endsWith("?");
    const name = isOptional ? member.slice(0, -1) : member;
    return { name, isOptional, fits: checkOf(part) };
  });
  return (value) =>
    isObject(value) &&
    members.every(({ name, isOptional, fits }) => {
      const found = (value as Record<string, unknown>)[name];
      return (isOptional && found === undefined) || fits(found);
    });
}

function isList(form: Form): form is readonly [Form, number] {
  return Array.isArray(form);
}

const hasCommon = checkOf(COMMON);
const CHECKS = new Map<Kept, Check>();

/** The kind of document that holds this type of record. */
export function kindOf(type: AnyRecord["type"]): string {
  return ALL[type]?.[0] ?? "";
}

/** The record, or undefined when it is none that this version can show. */
export function asRecord(kind: string, value: unknown): AnyRecord | undefined {
  const type = (value as { type?: unknown }).type;
  const known = typeof type === "string" && Object.hasOwn(ALL, type) ? ALL[type] : undefined;
  if (known?.[0] !== kind) return undefined;
  let fits = CHECKS.get(known);
  if (fits === undefined) {
    fits = checkOf(known[1]);
    CHECKS.set(known, fits);
  }
  return hasCommon(value) && fits(value) ? (value as AnyRecord) : undefined;
}
