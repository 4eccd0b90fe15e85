import { defineConfig } from "vitest/config";
import { catalogues } from "./tools/catalogue.ts";

export default defineConfig({
  plugins: [catalogues()],
  test: {
    include: ["test/**/*.test.{ts,tsx}"],
    environment: "node",
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Two cores are shared with a server and a browser in the whole run.
    maxWorkers: 2,
  },
});
