import type { Bus } from "@lookalike/shared/bus/connect";
import { type BlockProgress, subscribeProgress } from "@lookalike/shared/bus/progress";
import { listed } from "@lookalike/shared/domain/job/job";
import { settled } from "@lookalike/shared/domain/job/work";
import { has } from "@lookalike/shared/domain/primitives/bit-set";
import { startLoop } from "@lookalike/shared/runtime/loop";
import { type JobRow, jobOf, raiseShownImages, runningJobs } from "@lookalike/shared/store/jobs/jobs";
import type { Db } from "@lookalike/shared/store/open";

const PAUSE_MS = 500;

/** Images that are hashed, by block. */
type Blocks = ReadonlyMap<number, number>;

/**
 * Shows images hashed in blocks that are not done yet, so that the progress of a small catalog moves
 * as well. The number shown never goes down: a block that starts again after a crash takes nothing back.
 */
export const startBlockProgress = (bus: Bus, db: Db, onError: (error: unknown) => void) => {
  const progress = subscribeProgress(bus);
  let jobs = new Map<string, Blocks>();
  const showProgress = async (): Promise<void> => {
    const reported = withReports(jobs, progress.take());
    jobs = new Map();
    for (const row of await runningJobs(db, [...reported.keys()])) {
      const blocks = unfinished(row, reported.get(row.id) ?? new Map());
      if (blocks.size === 0) continue;
      jobs.set(row.id, blocks);
      const images = [...blocks.values()].reduce((sum, hashed) => sum + hashed, row.completedImages);
      await raiseShownImages(db, row.id, Math.min(images, row.totalImages));
    }
  };
  return startLoop(PAUSE_MS, showProgress, onError);
};

const withReports = (jobs: ReadonlyMap<string, Blocks>, reports: readonly BlockProgress[]): Map<string, Blocks> => {
  const all = new Map([...jobs].map(([job, blocks]) => [job, new Map(blocks)]));
  for (const { job, block, images } of reports) {
    const blocks = all.get(job) ?? new Map<number, number>();
    all.set(job, blocks.set(block, images));
  }
  return all;
};

/** Reports that the job's plan allows, of blocks that are not done. */
const unfinished = (row: JobRow, blocks: Blocks): Blocks => {
  const job = jobOf(row);
  const { hash } = job;
  const { blockSize } = listed(job);
  const finished = settled(hash);
  const isPossible = (block: number, images: number): boolean =>
    block < hash.count && images <= blockSize && !has(finished, block);
  return new Map([...blocks].filter(([block, images]) => isPossible(block, images)));
};
