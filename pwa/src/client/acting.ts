/** What the acts of clinicians share: the circle they are about, the others, the way to the server. */
import { CircleError } from "../circle/errors.ts";
import type { Member } from "../circle/log.ts";
import { refusal } from "./bundles.ts";
import type { OpenCare } from "./care.ts";
import type { Surroundings } from "./surroundings.ts";

export interface Acting {
  /** The circle that is looked at. */
  readonly care: OpenCare;
  readonly around: Surroundings;
  /** Every circle of this profile. */
  readonly cares: () => readonly OpenCare[];
  /** Something waits to be sent or fetched. */
  readonly moved: () => void;
}

/** The clinic of the circle that is looked at, if this profile is in it. */
export function clinicOf({ care, cares }: Acting): OpenCare | undefined {
  if (care.purpose === "clinic") return care;
  return cares().find(({ circle }) => circle === care.membership.clinic);
}

/**
 * The same, for acts that are nothing without it.
 *
 * @throws CircleError `authz`: this profile is in no clinic.
 */
export function clinicHere(acting: Acting): OpenCare {
  const clinic = clinicOf(acting);
  if (clinic === undefined) throw new CircleError("authz", "this phone is in no clinic");
  return clinic;
}

/** This device in a circle, while it is live there and has the key. */
export function meIn(care: OpenCare): Member | undefined {
  return care.isWhole ? care.membership.live(care.keys.id) : undefined;
}

/**
 * Ask the server as this device; gives what it says.
 *
 * @throws Refused It says no. LineError: it does not say.
 */
export async function asked(
  { around }: Acting,
  path: string,
  question: { readonly method?: string; readonly body?: unknown } = {},
): Promise<unknown> {
  const { method, body } = question;
  const answer = await around.ask(path, {
    ...(method === undefined ? {} : { method }),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (answer.status >= 300) throw refusal(answer);
  return answer.json;
}

/** Whether a rule of the log lets something pass. */
export function passes(check: () => void): boolean {
  try {
    check();
    return true;
  } catch (error) {
    if (error instanceof CircleError) return false;
    throw error;
  }
}
