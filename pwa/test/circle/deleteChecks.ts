/**
 * Deletes each check of `src/circle` in turn and tells which vectors turn red, as JSON.
 *
 * Run by `tests/vectors/delete_checks.py`. The modules are loaded with their switches, from
 * memory; nothing is written.
 */
import { readdirSync, readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { fileURLToPath } from "node:url";
import type { Case } from "./cases.ts";
import { definedIn, Switched, Switches } from "./checkPoints.ts";

const ROOT = new URL("../../../", import.meta.url).href;
const CIRCLE = new URL("../../src/circle/", import.meta.url).href;
const VECTOR_MS_MAX = 20_000;

/** Enough of the vectors that a check turns red. */
const RED_TOLD_MAX = 5;

const switches = new Switches();
const sources = readdirSync(new URL(CIRCLE)).map((name) =>
  readFileSync(new URL(name, CIRCLE), "utf8"),
);
const names = new Set(sources.flatMap(definedIn));
Object.assign(globalThis, { circleSwitches: switches });
registerHooks({
  load(url, context, next) {
    if (!url.startsWith(CIRCLE) || url.endsWith("/dictionary1.ts")) {
      return next(url, context);
    }
    const file = url.slice(ROOT.length);
    const source = new Switched(
      readFileSync(fileURLToPath(url), "utf8"),
      file,
      switches,
      names,
    ).text();
    return { format: "module-typescript", source, shortCircuit: true };
  },
});

// After the hooks: these load the switched modules.
const { isRun, runs } = await import("./runs.ts");
const { cases } = await import("./vectors.ts");

const own = cases.filter(isRun);
const reached = new Map<number, Case[]>();
for (const vector of own) {
  switches.reached = new Set();
  const said = await holds(vector);
  if (said !== "") {
    throw new Error(`${vector.name} does not hold with all checks in place: ${said}`);
  }
  for (const number of switches.reached) {
    reached.set(number, [...(reached.get(number) ?? []), vector]);
  }
}
/** As `drawn` of `delete_checks.py`: all, or about so many, spread over all. */
const sample = Number(process.argv[2] ?? switches.checks.length);
const findings = [];
for (const [number, check] of switches.checks.entries()) {
  if ((number * 7919) % switches.checks.length >= sample) {
    continue;
  }
  switches.off = number;
  const red: string[] = [];
  for (const vector of reached.get(number) ?? []) {
    if (red.length < RED_TOLD_MAX && (await holds(vector)) !== "") {
      red.push(vector.name);
    }
  }
  if (!switches.noChecks.has(number)) {
    findings.push({ ...check, red });
  }
}
switches.off = -1;
for (const vector of sample < switches.checks.length ? [] : own) {
  // What was deleted for a while has left nothing behind.
  const said = await holds(vector);
  if (said !== "") {
    throw new Error(`${vector.name} does not hold any more: ${said}`);
  }
}
process.stdout.write(JSON.stringify(findings));

/** What does not hold, "" when all does. */
async function holds(vector: Case): Promise<string> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve("too slow"), VECTOR_MS_MAX);
  });
  const run = runs[vector.group]?.(vector).then(
    () => "",
    (error: unknown) => String(error),
  );
  const said = await Promise.race([run ?? "no such group", late]);
  clearTimeout(timer);
  return said;
}
