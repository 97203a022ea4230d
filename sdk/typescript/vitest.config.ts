import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const source = (name: string) => fileURLToPath(new URL(`./src/${name}.ts`, import.meta.url));

export default defineConfig({
  // The samples name the package as its users do.
  resolve: {
    alias: [
      { find: /^@troupe\/client$/, replacement: source("index") },
      { find: /^@troupe\/client\/react$/, replacement: source("react") },
    ],
  },
  esbuild: { jsx: "automatic" },
  test: {
    include: ["test/**/*.test.ts", "test/**/*.test.tsx"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Two cores: servers and clients of more than two files at a time would only wait for one another.
    maxWorkers: 2,
    minWorkers: 1,
  },
});
