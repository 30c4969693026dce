import { z } from "zod";

const Globs = z.array(z.string()).default([]);

const S3Source = z.object({
  kind: z.literal("s3"),
  bucket: z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, "must be the name of an S3 bucket"),
  prefix: z.string().max(1_024).default("").meta({ description: "Only keys that begin with this" }),
  include: Globs.meta({ description: "Globs a key, without the prefix, must match; none = every image" }),
  exclude: Globs.meta({ description: "Globs of keys, without the prefix, to leave out" }),
  svg: z.boolean().default(false).meta({ description: "Also list SVG files" }),
});

/** Where a catalog's images come from. Each kind is one file under the hasher's `sources/`. */
export const Source = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("directory"),
    root: z
      .string()
      .min(1)
      .meta({ description: "Absolute path of the folder to scan, or a file URL of a path that is not UTF-8" }),
    include: Globs.meta({ description: "Globs a relative path must match; none = every image" }),
    exclude: Globs.meta({ description: "Globs of relative paths to leave out" }),
    list: z.string().min(1).nullable().default(null).meta({
      description: "Absolute path of a text file: only the files it names, one path a line, under the root",
    }),
    svg: z.boolean().default(false).meta({ description: "Also list SVG files" }),
  }),
  S3Source,
  z.object({
    kind: z.literal("hashes"),
    file: z
      .string()
      .min(1)
      .meta({ description: "Absolute path of an NDJSON file of {id, hash, width?, height?, bytes?}" }),
  }),
]);
export type Source = z.infer<typeof Source>;

const S3_ADDRESS = /^s3:\/\/([^/]+)\/?(.*)$/;

/** An address like s3://bucket/prefix as a source; null when it is not one. */
export const s3Source = (address: string): Extract<Source, { kind: "s3" }> | null => {
  const [, bucket, prefix] = S3_ADDRESS.exec(address) ?? [];
  return S3Source.safeParse({ kind: "s3", bucket, prefix }).data ?? null;
};

/** The address of a source, as owners write it. */
export const sourceLabel = (source: Source): string => {
  switch (source.kind) {
    case "directory":
      return source.root;
    case "s3":
      return `s3://${source.bucket}/${source.prefix}`;
    case "hashes":
      return `hashes:${source.file}`;
  }
};

/** A folder as a source, with everything in it. */
export const directorySource = (root: string): Source => Source.parse({ kind: "directory", root });
