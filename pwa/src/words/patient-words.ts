/** The English words that a patient's phone needs; catalogues list theirs in this order. */
import { en } from "./en.ts";
import { enLock } from "./en-lock.ts";
import { enMore } from "./en-more.ts";

export const patientWords = { ...en, ...enMore, ...enLock };
