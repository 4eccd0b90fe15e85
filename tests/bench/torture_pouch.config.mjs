/** Bundles stock PouchDB for a page, from the packages of the app and of the conformance tests. */
import { join } from "node:path";

const root = join(import.meta.dirname, "..", "..");

export default {
  input: join(import.meta.dirname, "torture_pouch.mjs"),
  platform: "browser",
  resolve: {
    modules: ["pwa", "tests/conformance"].map((part) => join(root, part, "node_modules")),
  },
  output: { format: "iife", minify: true },
};
