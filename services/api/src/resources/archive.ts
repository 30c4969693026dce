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
    withdrawnDecisions: z
      .int()
      .meta({ description: "Decisions that its restore took back; their groups are open again" }),
    refusals: z.array(z.object({ path: z.string(), reason: z.string() })).meta({ description: "Files left alone" }),
    startedAt: z.iso.datetime(),
    finishedAt: z.iso.datetime().nullable(),
  })
  .meta({ id: "Archive" });

/** An archive as clients see it. */
export const archiveResource = (row: ArchiveRow): z.infer<typeof Archive> =>
  Archive.parse({ ...row, catalog: row.catalogId });
