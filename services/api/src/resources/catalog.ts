import { createHash } from "node:crypto";
import { GroupKind } from "@lookalike/shared/domain/grouping/keeper";
import { Source } from "@lookalike/shared/domain/job/source";
import { GlobError, globMatcher } from "@lookalike/shared/sources/glob";
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
    features: z.boolean().meta({
      description: "Whether local features of its pictures are stored; a job's option features changes it",
    }),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: "Catalog" });

/** Of all include and exclude globs together: each path is matched with all of them. */
const MAX_GLOBS = 100;
const MAX_GLOB_CHARACTERS = 8_192;

/** What is wrong with globs; null = nothing. */
const globsProblem = (globs: readonly string[]): string | null => {
  if (globs.length > MAX_GLOBS || globs.join("").length > MAX_GLOB_CHARACTERS)
    return `at most ${MAX_GLOBS} globs of ${MAX_GLOB_CHARACTERS} characters together`;
  try {
    for (const glob of globs) globMatcher(glob.replace(/^!/, ""));
    return null;
  } catch (error) {
    if (error instanceof GlobError) return error.message;
    throw error;
  }
};

export const NewCatalog = z
  .object({ name: z.string().trim().min(1).max(200), source: Source })
  .superRefine(({ source }, context) => {
    const problem = source.kind === "hashes" ? null : globsProblem([...source.include, ...source.exclude]);
    if (problem !== null) context.addIssue({ code: "custom", path: ["source"], message: problem });
  })
  .meta({ id: "NewCatalog" });

const Globs = z.array(z.string().min(1).max(1_000)).max(MAX_GLOBS).optional();
export const CatalogChange = z
  .strictObject({
    name: z.string().trim().min(1).max(200).optional(),
    include: Globs.meta({ description: "Globs that the next job lists by, instead of the source's" }),
    exclude: Globs.meta({ description: "Globs that the next job leaves out, instead of the source's" }),
    root: z.string().min(1).max(4_096).optional().meta({
      description: "Where the folder is now: its pictures keep their decisions. Only of a directory source",
    }),
  })
  .superRefine(({ include = [], exclude = [] }, context) => {
    const problem = globsProblem([...include, ...exclude]);
    if (problem !== null) context.addIssue({ code: "custom", message: problem });
  })
  .meta({ id: "CatalogChange" });
type CatalogChange = z.infer<typeof CatalogChange>;

/** The source with other globs or another root; null where it has none: a file of hashes, or a bucket. */
export const changedSource = (source: Source, { include, exclude, root }: CatalogChange): Source | null => {
  if (include === undefined && exclude === undefined && root === undefined) return source;
  if (source.kind === "hashes" || (root !== undefined && source.kind !== "directory")) return null;
  const globs = { include: include ?? source.include, exclude: exclude ?? source.exclude };
  return source.kind === "directory" ? { ...source, ...globs, root: root ?? source.root } : { ...source, ...globs };
};

export const Statistics = z
  .object({
    images: z.int(),
    job: z.string().nullable().meta({ description: "The newest finished job; null before the first" }),
    groups: z.int(),
    undecided: z.int(),
    reopened: z.int().meta({ description: "Undecided groups that another image joined since they were decided" }),
    groupedImages: z.int(),
    reclaimableBytes: z.int(),
    storedBytes: z.int().meta({ description: "Bytes of the database that the images' hashes and evidence take" }),
    byKind: z.array(
      z.object({
        kind: GroupKind,
        groups: z.int(),
        undecided: z.int(),
        reopened: z.int(),
        images: z.int(),
        reclaimableBytes: z.int(),
      }),
    ),
  })
  .meta({ id: "Statistics" });

/** Changes with what two people may change at the same time. */
export const catalogEtag = ({ id, name, source }: CatalogRow): string =>
  `"${createHash("sha256")
    .update(JSON.stringify([id, name, source]))
    .digest("base64url")
    .slice(0, 22)}"`;
