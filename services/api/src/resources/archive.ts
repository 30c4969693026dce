import { ArchiveState } from "@lookalike/shared/domain/review/decisions";
import type { ArchiveRow } from "@lookalike/shared/store/review/archives";
import { z } from "zod";

export const Archive = z
  .object({
    id: z.string(),
    catalog: z.string(),
    state: ArchiveState,
    folder: z.string().meta({ description: "Where the files are, with a manifest of them" }),
    totalFiles: z.int(),
    movedFiles: z.int(),
    movedBytes: z.int(),
    refusals: z.array(z.object({ path: z.string(), reason: z.string() })).meta({ description: "Files left alone" }),
    startedAt: z.iso.datetime(),
    finishedAt: z.iso.datetime().nullable(),
  })
  .meta({ id: "Archive" });

/** An archive as clients see it. */
export const archiveResource = (row: ArchiveRow): z.infer<typeof Archive> =>
  Archive.parse({ ...row, catalog: row.catalogId });
