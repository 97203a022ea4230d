import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts", "test/**/*.test.tsx"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Two cores: servers and clients of more than two files at a time would only wait for one another.
    maxWorkers: 2,
    minWorkers: 1,
  },
});
