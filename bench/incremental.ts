import { appendFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hashLines, writeHashes } from "../test/support/hashes.ts";
import { startSystem } from "../test/support/system.ts";
import { type Bench, costRow } from "./bench.ts";
import { median } from "./statistics.ts";

const IMAGES = 1_000_000;
const NEW_IMAGES = 1_000;
const LIMIT_SECONDS = 1_800;
/** A full run takes at least so many times as long. */
const GOAL = 50;

/** A catalog grows by a thousand images: the job that follows against the first one. */
export const incremental: Bench = {
  about: `${NEW_IMAGES} new images into 1,000,000 (or --images N), against a full run`,
  async run(rounds, say, images = IMAGES) {
    const file = join(tmpdir(), `lookalike-bench-${process.pid}.ndjson`);
    const full: number[] = [];
    const added: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const catalog = { images: images + NEW_IMAGES, bits: 256, seed: images, copiesPerThousand: 60 };
      await writeHashes(file, { ...catalog, images });
      const system = await startSystem();
      const timed = async (name: string): Promise<number> => {
        const started = performance.now();
        const job = await system.run({ kind: "hashes", file }, {}, "incremental", LIMIT_SECONDS);
        if (job.state !== "completed") throw new Error(JSON.stringify(job));
        const seconds = (performance.now() - started) / 1_000;
        say(`${name}: ${seconds.toFixed(1)} s, ${job.totalBlockPairs} block pairs, ${job.kernelReason}`);
        return seconds;
      };
      try {
        full.push(await timed("full"));
        await appendFile(file, [...hashLines(catalog, images)].join(""));
        added.push(await timed(`${NEW_IMAGES} more`));
      } finally {
        await system.stop();
        await rm(file, { force: true });
      }
    }
    return [
      costRow({
        bench: "incremental",
        case: `${NEW_IMAGES} new images into ${images}`,
        ours: median(added),
        rival: "a full run",
        theirs: median(full),
        unit: "s",
        goal: images === IMAGES ? GOAL : null,
      }),
    ];
  },
};
