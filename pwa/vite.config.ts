import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin, type Rolldown, type UserConfig } from "vite";
import { catalogues } from "./tools/catalogue.ts";
import { finish } from "./tools/finish.ts";
import type { Chunk } from "./tools/parts.ts";
import { plain } from "./tools/plain.ts";
import { together } from "./tools/together.ts";

const DIST = "dist";
/** What stands in for parts of the database that are never used; see each file. */
const STAND_INS = ["events", "pouchdb-changes-filter", "pouchdb-md5", "vuvuzela"] as const;

function standIn(name: string): string {
  return fileURLToPath(new URL(`./src/stand-ins/${name}.ts`, import.meta.url));
}

/** A module's path below `src/`. */
function sourceOf(module: string): string {
  return /\/pwa\/(?:src\/)?(.*)$/.exec(module)?.[1] ?? "";
}

function asChunk(chunk: Rolldown.OutputChunk): Chunk {
  const { fileName: file, imports, dynamicImports: later, facadeModuleId, moduleIds } = chunk;
  const sources = (facadeModuleId === null ? moduleIds : [facadeModuleId]).map(sourceOf);
  const styles = [...(chunk.viteMetadata?.importedCss ?? [])];
  return { file, sources, imports, later, styles };
}

/** Lists, compresses and weighs what was built; nothing of a build that stays in memory. */
function finishing(): Plugin {
  let folder: string | undefined;
  let chunks: Chunk[] = [];
  return {
    name: "finishing",
    apply: "build",
    configResolved: ({ build }) => {
      folder = build.write ? build.outDir : undefined;
    },
    generateBundle: (_, bundle) => {
      const scripts = Object.values(bundle).filter((file) => file.type === "chunk");
      chunks = scripts.filter(({ fileName }) => fileName !== "sw.js").map(asChunk);
    },
    closeBundle: () => {
      if (folder !== undefined) finish(folder, chunks);
    },
  };
}

export default defineConfig(({ mode }) => (mode === "gallery" ? gallery : app));

const shared: UserConfig = {
  resolve: { alias: Object.fromEntries(STAND_INS.map((name) => [name, standIn(name)])) },
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
};

/** `--mode gallery`: the page with every screen, for `tools/shots.py`. */
const gallery: UserConfig = {
  ...shared,
  build: {
    target: "es2022",
    minify: false,
    modulePreload: false,
    rolldownOptions: { external: ["crypto"], input: "gallery.html" },
  },
  plugins: [catalogues()],
};

const app: UserConfig = {
  ...shared,
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
        assetFileNames: "assets/[name]-[hash:7][extname]",
        entryFileNames: (chunk) => (chunk.name === "sw" ? "sw.js" : "assets/[name]-[hash:7].js"),
        // Small files that several parts share travel as one: they compress better together.
        codeSplitting: {
          includeDependenciesRecursively: false,
          groups: [
            {
              name: "languages",
              test: /src\/(words\/(languages|patient-words)|rooms\/language)\.tsx?$/,
            },
            { name: "steps", test: /src\/library\/(steps\.en|entries)\.ts$/ },
            { name: "desk-frame", test: /src\/rooms\/therapist\/(desk|links|plain|soon)\.tsx?$/ },
            { name: "hand-over", test: /src\/ui\/(digits|hand-over|code-text)\.tsx$/ },
            // Another language knows its words by the order of the English ones, before the first screen.
            { name: "en-more", test: /src\/words\/en-more\.ts$/ },
            { name: together() },
          ],
        },
        chunkFileNames: ({ facadeModuleId }) => {
          const piece = /\.icu\?(\w+)$/.exec(facadeModuleId ?? "")?.[1];
          return piece === undefined
            ? "assets/[name]-[hash:7].js"
            : `assets/[name]-${piece}-[hash:7].js`;
        },
      },
    },
  },
  plugins: [catalogues(), plain(), finishing()],
};
