import { defineConfig, type Plugin } from "vite";
import { finish } from "./tools/finish.ts";

const DIST = "dist";

/** Lists, compresses and weighs what was built. */
function finishing(): Plugin {
  return { name: "finishing", apply: "build", closeBundle: () => finish(DIST) };
}

export default defineConfig({
  // A file that is inlined, or a script that the bundler adds to the page, would break the policy
  // that everything comes from files of this origin.
  build: {
    outDir: DIST,
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      // HPKE asks for it only where there is no WebCrypto.
      external: ["crypto"],
      input: { index: "index.html", sw: "src/sw/worker.ts" },
      output: {
        entryFileNames: (chunk) => (chunk.name === "sw" ? "sw.js" : "assets/[name]-[hash].js"),
        chunkFileNames: "assets/[name]-[hash].js",
      },
    },
  },
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  plugins: [finishing()],
});
