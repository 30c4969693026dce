import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    projects: [
      { test: { name: "unit", include: ["packages/*/src/**/*.test.ts", "services/*/src/**/*.test.ts"] } },
      {
        test: {
          name: "system",
          include: ["test/**/*.test.ts"],
          exclude: ["test/scale/**", "test/fuzz/**", "test/alerts/**"],
          // Each file starts servers of its own; two at once, since they wait more than they work.
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      { test: { name: "fuzz", include: ["test/fuzz/**/*.test.ts"], testTimeout: 900_000, hookTimeout: 120_000 } },
      {
        test: {
          name: "alerts",
          include: ["test/alerts/**/*.test.ts"],
          testTimeout: 240_000,
          hookTimeout: 120_000,
          bail: 1,
        },
      },
      { test: { name: "scale", include: ["test/scale/**/*.test.ts"], fileParallelism: false, testTimeout: 1_800_000 } },
    ],
  },
});
