/** The vectors in a page: `runVector` is what a browser's test calls. */
import { exchangeRuns, type VectorFiles } from "../exchange/runs.ts";
import type { Case } from "./cases.ts";
import { isRun, runs } from "./runs.ts";

declare global {
  /** "ok", or "left out" when servers alone decide it, or what does not hold. */
  var runVector: (vector: Case) => Promise<string>;
  /** The same for one file of one-request sync's. */
  var runExchange: <Name extends keyof VectorFiles>(
    name: Name,
    vectors: VectorFiles[Name],
  ) => Promise<string>;
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

globalThis.runExchange = async (name, vectors) => {
  try {
    await exchangeRuns[name](vectors);
    return "ok";
  } catch (error) {
    return String(error);
  }
};
