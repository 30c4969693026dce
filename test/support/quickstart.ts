import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FileCounts } from "@lookalike/shared/domain/job/file-counts";
import { z } from "zod";
import { npmStart, type Running } from "./command.ts";
import { copyPreparedData } from "./prepared-data.ts";
import { processesWith } from "./processes.ts";

/** docs/json.md, as a schema. */
export const Report = z.strictObject({
  version: z.literal(1),
  job: z.string(),
  images: z.int(),
  fileCounts: FileCounts.nullable(),
  blocks: z.int(),
  pairs: z.int(),
  tasks: z.int(),
  tasksDone: z.int(),
  tasksQuarantined: z.int(),
  flat: z.int(),
  threshold: z.int(),
  grouping: z.string(),
  failed: z.array(z.strictObject({ path: z.string(), reason: z.string(), detail: z.string() })),
  damaged: z.array(z.strictObject({ path: z.string(), detail: z.string() })),
  groups: z.array(
    z.strictObject({ kind: z.string(), keeper: z.string(), keeperReason: z.string(), members: z.array(z.string()) }),
  ),
  seconds: z.number(),
});

export const reportOf = (stdout: string): z.infer<typeof Report> => Report.parse(JSON.parse(stdout));

/** `npm start` as a newcomer runs it, with all its state in a temporary folder. */
export interface QuickStart {
  /** A path in the temporary folder. */
  path(name: string): string;
  /** The environment that selects a data folder in it. */
  environment(data?: string): Record<string, string>;
  /** Gives the data folder a PostgreSQL with all tables, for a test that is not about the first start. */
  prepare(data?: string): Promise<void>;
  start(args: readonly string[], environment?: Record<string, string>): Running;
  /** Command lines of the processes that use the temporary folder. */
  leftRunning(): string[];
  remove(): Promise<void>;
}

export const openQuickStart = async (): Promise<QuickStart> => {
  const folder = await mkdtemp(join(tmpdir(), "lookalike-quickstart-"));
  const path = (name: string): string => join(folder, name);
  const environment = (data = "data") => ({ LOOKALIKE_DATA: path(data) });
  return {
    path,
    environment,
    prepare: (data = "data") => copyPreparedData(path(data)),
    start: (args, more = {}) => npmStart(args, { ...environment(), ...more }),
    leftRunning: () => processesWith(folder).map(({ command }) => command),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
};
