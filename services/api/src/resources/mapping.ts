import { remainingSeconds } from "@lookalike/shared/domain/job/rate";
import { iso } from "@lookalike/shared/domain/primitives/timestamp";
import type { CatalogRow } from "@lookalike/shared/store/catalog/catalogs";
import type { JobRow } from "@lookalike/shared/store/jobs/jobs";
import type { Db } from "@lookalike/shared/store/open";
import { getFinalization } from "@lookalike/shared/store/results/results";
import type { z } from "zod";
import type { Catalog, Job } from "./schemas.ts";

/** A catalog as clients see it. */
export const catalogResource = ({
  id,
  name,
  source,
  blockSize,
  hashBits,
  createdAt,
}: CatalogRow): z.infer<typeof Catalog> => ({
  id,
  name,
  source,
  blockSize,
  hashBits,
  createdAt: iso(createdAt),
});

/** A job as clients see it, with its result once there is one. */
export const jobResource = async (db: Db, row: JobRow): Promise<z.infer<typeof Job>> => {
  const result = row.state === "completed" ? await getFinalization(db, { jobId: row.id, run: row.run }) : null;
  return {
    id: row.id,
    catalog: row.catalogId,
    mode: row.mode as z.infer<typeof Job>["mode"],
    options: row.options,
    state: row.state,
    phase: row.phase as z.infer<typeof Job>["phase"],
    paused: row.paused,
    run: row.run,
    failure: row.failure,
    blockSize: row.blockSize,
    hashBits: row.hashBits,
    thresholdBits: row.thresholdBits,
    radiusBits: row.radiusBits,
    kernel: row.kernelReason === null ? null : row.bands === null ? "exhaustive" : "indexed",
    kernelReason: row.kernelReason,
    totalImages: row.totalImages,
    completedImages: Math.max(row.completedImages, row.shownImages),
    failedImages: row.failedImages,
    totalBlocks: row.totalBlocks,
    completedBlocks: row.completedBlocks,
    totalBlockPairs: row.totalBlockPairs,
    completedBlockPairs: row.completedBlockPairs,
    totalTasks: row.totalTasks,
    completedTasks: row.completedTasks,
    quarantinedTasks: row.quarantinedTasks,
    rate: row.rate,
    etaSeconds: remainingSeconds(row),
    acceptedAt: iso(row.acceptedAt),
    finishedAt: iso(row.finishedAt),
    result,
  };
};
