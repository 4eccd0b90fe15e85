/** Where the danger signs come from, for the clinician who signs their words. */
import type { Question } from "./questions";

export const SOURCES: Readonly<Record<Question["source"], string>> = {
  CES: "Cauda equina warning card (Greenhalgh, Mercer, Finucane): its list of signs",
  CSP: "Chartered Society of Physiotherapy and NICE: both legs, growing weakness",
  LIST: "Common lists of red flags; limb and heart signs were not held against a source",
  FRAME: "IFOMPT framework for red flags, Finucane and others, 2020",
};
