/**
 * What travels as one file: code that is always needed together is smaller compressed together.
 *
 * Who needs whom is asked of the bundler, so nobody lists modules. What several need goes with the
 * first of them, in the order in which they are wanted.
 */
import { fileURLToPath } from "node:url";

/** The part of what the bundler tells of modules that is used. */
export interface Modules {
  getModuleInfo(id: string): { readonly importedIds: readonly string[] } | null;
}

/** Names of files, in order, each with the modules below `src/` that bring what they import. */
export const TOGETHER: Readonly<Record<string, readonly string[]>> = {
  first: ["main.tsx"],
  // A round never waits for its own code, so comparing comes with it.
  client: ["client/inside.ts", "client/comparing.ts", "rooms/door/broken.tsx", "ui/parts.tsx"],
  records: ["records.ts"],
  figure: ["ui/figure/figure.tsx"],
  today: ["rooms/patient/index.tsx", "rooms/patient/today.tsx"],
  more: ["rooms/patient/more.tsx", "rooms/check/index.tsx"],
};

const idOf = (source: string) => fileURLToPath(new URL(`../src/${source}`, import.meta.url));

/** These modules and all that they import, not what they may ask for later. */
function closure(sources: readonly string[], modules: Modules): Set<string> {
  const found = new Set(sources.map(idOf));
  for (const id of found) {
    for (const imported of modules.getModuleInfo(id)?.importedIds ?? []) found.add(imported);
  }
  return found;
}

/** Gives the file in which a module travels; null for one that the bundler places. */
export function together(): (id: string, modules: Modules) => string | null {
  let places: Map<string, string> | undefined;
  return (id, modules) => {
    if (places === undefined) {
      places = new Map();
      const taken = new Set([idOf("main.tsx")]);
      for (const [file, sources] of Object.entries(TOGETHER)) {
        for (const each of closure(sources, modules)) {
          if (!taken.has(each)) places.set(each, file);
          taken.add(each);
        }
      }
    }
    return places.get(id) ?? null;
  };
}
