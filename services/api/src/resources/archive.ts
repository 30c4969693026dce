import { ArchiveState } from "@lookalike/shared/domain/review/decisions";
import type { ArchiveRow } from "@lookalike/shared/store/review/archives";
import { z } from "zod";

export const Archive = z
  .object({
    id: z.string(),
    catalog: z.string(),
    state: ArchiveState,
    folder: z.string().meta({ description: "Where the files are, with a manifest of them" }),
    totalFiles: z.int().meta({ description: "Files that it was to move" }),
    movedFiles: z.int().meta({ description: "Files that were moved: into the archive, or back" }),
    movedBytes: z.int(),
    archivedFiles: z.int().nullable().meta({ description: "Files that it moved into the archive; null until all are" }),
    freedBytes: z.int().meta({ description: "Space that the catalog's disk has more: 0 while the files are on it" }),
    deletedFiles: z.int().meta({ description: "Archived files that were deleted for good" }),
    deletedBytes: z.int().meta({ description: "Space that the archive's disk has more since they were deleted" }),
    destination: z.string().nullable().meta({ description: "The folder that was chosen; null = the catalog's own" }),
    withdrawnDecisions: z
      .int()
      .meta({ description: "Decisions that its restore took back; their groups are open again" }),
    refusals: z
      .array(z.object({ path: z.string(), reason: z.string() }))
      .meta({ description: "Files left alone, or restored with a loss" }),
    startedAt: z.iso.datetime(),
    finishedAt: z.iso.datetime().nullable(),
  })
  .meta({ id: "Archive" });

/** An archive as clients see it. */
export const archiveResource = (row: ArchiveRow): z.infer<typeof Archive> =>
  Archive.parse({ ...row, catalog: row.catalogId });

export const ArchiveQuery = z.object({
  to: z
    .string()
    .max(4_096)
    .meta({ description: "A folder, perhaps on another disk, that gets or has the archives" })
    .optional(),
});

const EmptyCounts = z.strictObject({
  files: z.int().min(0).meta({ description: "Archived files that would be deleted" }),
  bytes: z.int().min(0).meta({ description: "Space that their disks would have more" }),
});

/** A hundred years. */
const MAX_AGE_SECONDS = 3_155_760_000;

export const EmptyArchives = z
  .strictObject({
    olderThanSeconds: z
      .int()
      .min(0)
      .max(MAX_AGE_SECONDS)
      .meta({ description: "Only archives that were started so long ago" }),
    confirm: EmptyCounts.optional().meta({ description: "The counts of the preview; without them nothing is deleted" }),
  })
  .meta({ id: "EmptyArchives" });

export const EmptiedArchives = EmptyCounts.extend({
  preview: z.boolean(),
  archives: z.array(z.string()),
}).meta({ id: "EmptiedArchives" });
