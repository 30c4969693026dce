import { createHash } from "node:crypto";
import { GroupKind } from "@lookalike/shared/domain/grouping/keeper";
import { Source } from "@lookalike/shared/domain/job/source";
import type { CatalogRow } from "@lookalike/shared/store/catalog/catalogs";
import { z } from "zod";

export const Catalog = z
  .object({
    id: z.string(),
    name: z.string(),
    source: Source,
    blockSize: z.int().nullable().meta({ description: "Images per block; fixed by the first job" }),
    hashBits: z.int().nullable(),
    hashFormat: z.string().nullable().meta({ description: "How its hashes are computed; null until it is listed" }),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: "Catalog" });

export const NewCatalog = z
  .object({ name: z.string().trim().min(1).max(200), source: Source })
  .meta({ id: "NewCatalog" });

export const CatalogChange = z.strictObject({ name: z.string().trim().min(1).max(200) }).meta({ id: "CatalogChange" });

export const Statistics = z
  .object({
    images: z.int(),
    job: z.string().nullable().meta({ description: "The newest finished job; null before the first" }),
    groups: z.int(),
    undecided: z.int(),
    groupedImages: z.int(),
    reclaimableBytes: z.int(),
    byKind: z.array(
      z.object({
        kind: GroupKind,
        groups: z.int(),
        undecided: z.int(),
        images: z.int(),
        reclaimableBytes: z.int(),
      }),
    ),
  })
  .meta({ id: "Statistics" });

/** Changes with what two people may change at the same time. */
export const catalogEtag = ({ id, name }: CatalogRow): string =>
  `"${createHash("sha256").update(`${id}:${name}`).digest("base64url").slice(0, 22)}"`;
