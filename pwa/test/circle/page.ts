/** The vectors in a page: `runVector` is what a browser's test calls. */
import type { Case } from "./cases.ts";
import { isRun, runs } from "./runs.ts";

declare global {
  /** "ok", or "left out" when servers alone decide it, or what does not hold. */
  var runVector: (vector: Case) => Promise<string>;
}

globalThis.runVector = async (vector) => {
  if (!isRun(vector)) {
    return "left out";
  }
  try {
    await runs[vector.group]?.(vector);
    return "ok";
  } catch (error) {
    return String(error);
  }
};
