/**
 * Phones of a world that run the shipped client: `node test/sim/host.ts CLIENT`.
 *
 * The world says one thing on standard input, as a line of JSON, and hears everything that comes of
 * it until all that is left to do waits for the world: an answer of the network, a timer. So time
 * stands still while anything runs, and one seed gives one order of events. Each start of the app
 * has modules of its own, as a page has; a killed one runs nothing any more, and of what it was
 * writing only finished transactions are there.
 */
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { compileFunction } from "node:vm";
import { Life, type Said, type Script } from "./life.ts";
import { PhoneStorage } from "./storage.ts";
import { quiet, reseed } from "./surroundings.ts";

// Standard output is the wire to the world; what the database prints is not for it.
for (const name of ["log", "info", "debug"] as const) console[name] = () => {};
process.on("unhandledRejection", () => {});

const SURROUNDINGS = ["exports", "globalThis", ...Life.names];
const make = compileFunction(
  readFileSync(process.argv[2] ?? "client.cjs", "utf8"),
  SURROUNDINGS,
) as Script;
const storages = new Map<string, PhoneStorage>();
const lives = new Map<string, Life>();

const say: Said = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);

interface Told {
  readonly op: string;
  readonly now: number;
  readonly life: string;
  readonly phone: string;
  readonly id: number;
  readonly [member: string]: unknown;
}

function storageOf(phone: string): PhoneStorage {
  const storage = storages.get(phone) ?? new PhoneStorage();
  storages.set(phone, storage);
  return storage;
}

function hear(told: Told): void {
  const life = lives.get(told.life);
  switch (told.op) {
    case "world":
      for (const one of lives.values()) one.kill();
      lives.clear();
      storages.clear();
      reseed(told.id);
      break;
    case "start":
      lives.set(told.life, new Life(told.life, told.phone, storageOf(told.phone), say, make));
      break;
    case "act":
      life?.act(told.id, String(told.act), (told.with as unknown[]) ?? []);
      break;
    case "doom":
      if (life !== undefined) life.killIn = told.id;
      break;
    case "full":
      storageOf(told.phone).full = told.id;
      break;
    case "kill":
      life?.kill();
      break;
    default:
      life?.hear(told.op, told.id, told as Record<string, unknown>);
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const told = JSON.parse(line) as Told;
  Life.nowMs = told.now;
  hear(told);
  await quiet();
  say({ idle: told.n });
}
