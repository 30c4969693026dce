import type { BlockProgress } from "@lookalike/shared/bus/progress";
import { settled } from "@lookalike/shared/domain/job/work";
import { has } from "@lookalike/shared/domain/primitives/bit-set";
import { findJob, jobOf, raiseShownImages } from "@lookalike/shared/store/jobs/jobs";
import type { Db } from "@lookalike/shared/store/open";

/** Images hashed in blocks that are not done yet, so that a small catalog's progress moves, too. */
export interface BlockProgressBoard {
  note(progress: BlockProgress): void;
  /** Raises what the jobs show. Never lowers it: a block that starts again after a crash takes nothing back. */
  flush(): Promise<void>;
}

export const createBlockProgressBoard = (db: Db): BlockProgressBoard => {
  const jobs = new Map<string, Map<number, number>>();
  return {
    note({ job, block, images }) {
      const blocks = jobs.get(job) ?? new Map<number, number>();
      jobs.set(job, blocks.set(block, images));
    },
    async flush() {
      for (const [id, blocks] of jobs) {
        const row = await findJob(db, id);
        if (row?.state !== "running") {
          jobs.delete(id);
          continue;
        }
        const finished = settled(jobOf(row).hash);
        for (const block of blocks.keys()) if (has(finished, block)) blocks.delete(block);
        if (blocks.size === 0) jobs.delete(id);
        const inHand = [...blocks.values()].reduce((sum, images) => sum + images, 0);
        await raiseShownImages(db, id, row.completedImages + inHand);
      }
    },
  };
};
