import { join } from "node:path";
import { defineConfig, type TestProjectInlineConfiguration } from "vitest/config";
import { LongestFirst } from "./test/support/longest-first.ts";

const UNIT = "{packages,services}/*/src/**/*.test.ts";
const INT = "{packages,services}/*/src/**/*.int.test.ts";
const MODEL = "test/model/**/*.test.ts";
/** Of the corpus that answers are measured on, and of its scores. */
const QUALITY = "bench/quality/**/*.test.ts";
const DOCS = "test/docs/**/*.test.ts";
/** What `npm test` has no time for. */
const LONG = ["test/faults/nats-node-killed.test.ts", "test/operate/backup.test.ts"];
const COMPOSE = "test/deploy/compose/*.test.ts";
const HOSTILE_IMAGES = "services/hasher/src/hash/hostile-images.int.test.ts";

/**
 * Tests with servers: of each file's own, or the system that a run's files share. The time-outs only end what hangs: a
 * test may take many times longer on a busy machine.
 */
const withServers = {
  globalSetup: ["test/support/global-setup.ts"],
  // Files share no state but modules, and a test that needs a fresh process starts one.
  isolate: false,
  testTimeout: 600_000,
  hookTimeout: 600_000,
};

/**
 * Tests import our packages from their sources. By an alias, because vitest would hand the packages'
 * `source` condition on to Node: the processes and workers that a test starts, which are built, would
 * then look for sources too.
 */
const fromSource: TestProjectInlineConfiguration = {
  resolve: {
    alias: [
      { find: /^@lookalike\/client$/, replacement: join(import.meta.dirname, "packages/client/src/client.ts") },
      { find: /^@lookalike\/(\w+)\/(.+)$/, replacement: join(import.meta.dirname, "packages/$1/src/$2.ts") },
    ],
  },
};

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    // On two cores too: tests with servers wait as much as they work.
    maxWorkers: 3,
    projects: [
      // No servers, no processes, no build: `npm test -- --project unit` runs from a clone with node_modules.
      // One process for many files: they share no state but modules, and starting costs more than most of them take.
      {
        ...fromSource,
        test: {
          name: "unit",
          include: [UNIT, MODEL, QUALITY, DOCS],
          exclude: [INT],
          isolate: false,
          testTimeout: 30_000,
        },
      },
      { ...fromSource, test: { name: "int", include: [INT], ...withServers } },
      {
        ...fromSource,
        test: {
          name: "system",
          include: ["test/**/*.test.ts"],
          exclude: [
            MODEL,
            DOCS,
            ...LONG,
            "test/scale/**",
            "test/fuzz/**",
            "test/alerts/**",
            "test/upgrade/**",
            COMPOSE,
          ],
          ...withServers,
        },
      },
      {
        ...fromSource,
        test: {
          name: "sequences",
          include: ["test/sequences/**/*.test.ts"],
          ...withServers,
          // A few of them are among the tests of `system`.
          env: { SEQUENCES: "300", SEED: String(Math.floor(Math.random() * 2 ** 31)), ...process.env },
        },
      },
      {
        ...fromSource,
        test: {
          name: "thorough",
          // Besides the long ones, those of `system` that have a short form there.
          include: [
            ...LONG,
            "test/faults/services-killed.test.ts",
            "test/operate/runbook.test.ts",
            "test/pipeline/photographs.test.ts",
            "test/quickstart/killed.test.ts",
          ],
          ...withServers,
          env: { LOOKALIKE_TEST_THOROUGH: "1" },
        },
      },
      {
        ...fromSource,
        test: {
          name: "fuzz",
          include: ["test/fuzz/**/*.test.ts", HOSTILE_IMAGES],
          ...withServers,
          testTimeout: 900_000,
          // A few of each kind are among the tests of `int`.
          env: { HOSTILE_IMAGES: "4000" },
        },
      },
      {
        ...fromSource,
        test: { name: "alerts", include: ["test/alerts/**/*.test.ts"], ...withServers, bail: 1 },
      },
      // Builds images and runs them: minutes.
      {
        ...fromSource,
        test: { name: "compose", include: [COMPOSE], ...withServers, testTimeout: 1_800_000, hookTimeout: 3_600_000 },
      },
      // Builds an earlier commit: a minute.
      { ...fromSource, test: { name: "upgrade", include: ["test/upgrade/**/*.test.ts"], ...withServers } },
      {
        ...fromSource,
        test: {
          name: "scale",
          include: ["test/scale/**/*.test.ts"],
          ...withServers,
          sequence: { groupOrder: 1 },
          fileParallelism: false,
          testTimeout: 1_800_000,
        },
      },
    ],
  },
});
