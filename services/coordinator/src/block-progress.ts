import type { Bus } from "@lookalike/shared/bus/connect";
import { subscribeProgress } from "@lookalike/shared/bus/progress";
import { settled } from "@lookalike/shared/domain/job/work";
import { has } from "@lookalike/shared/domain/primitives/bit-set";
import type { Logger } from "@lookalike/shared/runtime/log";
import { startLoop } from "@lookalike/shared/runtime/loop";
import { findJob, jobOf, raiseShownImages } from "@lookalike/shared/store/jobs/jobs";
import type { Db } from "@lookalike/shared/store/open";

const PAUSE_MS = 500;

/**
 * Shows images hashed in blocks that are not done yet, so that the progress of a small catalog moves
 * as well. The number shown never goes down: a block that starts again after a crash takes nothing back.
 */
export const startBlockProgress = (bus: Bus, db: Db, log: Logger, onError: (error: unknown) => void) => {
  const jobs = new Map<string, Map<number, number>>();
  subscribeProgress(
    bus,
    ({ job, block, images }) => {
      const blocks = jobs.get(job) ?? new Map<number, number>();
      jobs.set(job, blocks.set(block, images));
    },
    log,
  );
  return startLoop(PAUSE_MS, () => showProgress(db, jobs), onError);
};

const showProgress = async (db: Db, jobs: Map<string, Map<number, number>>): Promise<void> => {
  for (const [id, blocks] of jobs) {
    const row = await findJob(db, id);
    if (row?.state !== "running") {
      jobs.delete(id);
      continue;
    }
    const finished = settled(jobOf(row).hash);
    for (const block of blocks.keys()) if (has(finished, block)) blocks.delete(block);
    if (blocks.size === 0) jobs.delete(id);
    const unfinished = [...blocks.values()].reduce((sum, images) => sum + images, 0);
    await raiseShownImages(db, id, row.completedImages + unfinished);
  }
};
