/** The vectors of tests/vectors/circle, as they lie there. */
import { readdirSync, readFileSync } from "node:fs";
import type { Case } from "./cases.ts";

const FOLDER = new URL("../../../tests/vectors/circle/", import.meta.url);

export const cases: Case[] = readdirSync(FOLDER)
  .filter((name) => name.endsWith(".json"))
  .map((name) => ({ name, ...JSON.parse(readFileSync(new URL(name, FOLDER), "utf8")) }));
