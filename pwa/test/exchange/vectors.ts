/** The vectors of tests/vectors/exchange, as they lie there. */
import { readFileSync } from "node:fs";
import type { VectorFiles } from "./runs.ts";

const FOLDER = new URL("../../../tests/vectors/exchange/", import.meta.url);

/** One file of them. */
export function vectorsOf<Name extends keyof VectorFiles>(name: Name): VectorFiles[Name] {
  return JSON.parse(readFileSync(new URL(`${name}.json`, FOLDER), "utf8"));
}
