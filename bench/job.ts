import { availableParallelism } from "node:os";
import { directorySource } from "@lookalike/shared/domain/job/source";
import { startSystem } from "../test/support/system.ts";
import { type Bench, costRow, type Row } from "./bench.ts";
import { FILES, SMALL_FILES, SMALL_WIDTH, WIDTH, withPhotographs } from "./photograph-folders.ts";
import { TOOLS } from "./rival-tools.ts";
import { median } from "./statistics.ts";

/** Files to groups through the four services and their servers, started before the clock. @returns seconds */
const wholeJob = async (folder: string): Promise<number> => {
  const system = await startSystem();
  try {
    const started = performance.now();
    const job = await system.run(directorySource(folder), {}, "job", 1_200);
    if (job.state !== "completed" || job.failedImages > 0) throw new Error(JSON.stringify(job));
    return (performance.now() - started) / 1_000;
  } finally {
    await system.stop();
  }
};

export const job: Bench = {
  about: `files to groups, ${FILES} (or --images N) of ${WIDTH} pixels and ${SMALL_FILES} times as many small ones, against three duplicate finders`,
  async run(rounds, say, images = FILES) {
    const rows: Row[] = [];
    for (const [files, width] of [
      [images, WIDTH],
      [images * SMALL_FILES, SMALL_WIDTH],
    ] as const) {
      await withPhotographs(files, width, async (folder) => {
        const threads = availableParallelism();
        const readings: Record<string, number[]> = { ours: [] };
        for (let round = 0; round < rounds; round += 1) {
          readings["ours"]?.push(await wholeJob(folder));
          say(`ours: ${readings["ours"]?.at(-1)?.toFixed(1)} s`);
          for (const [name, tool] of Object.entries(TOOLS)) {
            const { seconds } = await tool(folder, threads);
            readings[name] = [...(readings[name] ?? []), seconds];
            say(`${name}: ${seconds.toFixed(1)} s`);
          }
        }
        for (const rival of Object.keys(TOOLS))
          rows.push(
            costRow({
              bench: "job",
              case: `${files} files of ${width} x ${(width * 3) / 4}, files to groups`,
              ours: median(readings["ours"] ?? []),
              rival,
              theirs: median(readings[rival] ?? []),
              unit: "s",
              goal: 1,
            }),
          );
      });
    }
    return rows;
  },
};
