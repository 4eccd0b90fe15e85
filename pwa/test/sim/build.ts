/**
 * Builds the shipped client into one script without a browser: `node test/sim/build.ts FILE`.
 *
 * The same sources and the same stand-ins as the app's; the world gives it its surroundings.
 */
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

const STAND_INS = ["events", "pouchdb-changes-filter", "pouchdb-md5", "vuvuzela"];
const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

const bundle = await rolldown({
  input: here("./client.ts"),
  platform: "browser",
  external: ["crypto"],
  transform: { define: { "import.meta.url": '"client"' } },
  resolve: {
    alias: Object.fromEntries(
      STAND_INS.map((name) => [name, here(`../../src/stand-ins/${name}.ts`)]),
    ),
  },
});
await bundle.write({ file: process.argv[2] ?? "client.cjs", format: "cjs", codeSplitting: false });
