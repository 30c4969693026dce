import type { BlockProgress } from "@lookalike/shared/bus/progress";
import { has } from "@lookalike/shared/domain/done-set";
import { settled } from "@lookalike/shared/domain/job";
import { findJob, jobOf, raiseShownImages } from "@lookalike/shared/store/jobs";
import type { Db } from "@lookalike/shared/store/open";

/** Images hashed in blocks that are not done yet, so that a small catalog's progress moves, too. */
export interface BlockProgressBoard {
  note(progress: BlockProgress): void;
  /** Raises what the jobs show. Never lowers it: a block that starts again after a crash takes nothing back. */
  flush(): Promise<void>;
}

export const createBlockProgressBoard = (db: Db): BlockProgressBoard => {
  let jobs = new Map<string, Map<number, number>>();
  return {
    note({ job, block, images }) {
      const blocks = jobs.get(job) ?? new Map<number, number>();
      jobs.set(job, blocks.set(block, images));
    },
    async flush() {
      const noted = jobs;
      jobs = new Map();
      for (const [id, blocks] of noted) {
        const row = await findJob(db, id);
        if (row?.state !== "running") continue;
        const finished = settled(jobOf(row).hash);
        const open = new Map([...blocks].filter(([block]) => !has(finished, block)));
        const inHand = [...open.values()].reduce((sum, images) => sum + images, 0);
        await raiseShownImages(db, id, row.completedImages + inHand);
        // Kept until its next word, or its end: another block's word alone must not hide it.
        for (const [block, images] of open) if (!jobs.get(id)?.has(block)) this.note({ job: id, block, images });
      }
    },
  };
};
