import { z } from "zod";
import { rootBytes } from "../domain/primitives/root-path.ts";

/** A folder that sources of a tenant may be in. */
export interface AllowedRoot {
  readonly tenant: string;
  /** An absolute path, or a file URL where that is not UTF-8 or has a colon that would separate. */
  readonly root: string;
}

/** A bucket that sources of a tenant may be in. */
export interface AllowedBucket {
  readonly tenant: string;
  readonly bucket: string;
}

/** Where sources may be: a folder or bucket belongs to one tenant. */
export interface AllowedSources {
  readonly roots: readonly AllowedRoot[];
  readonly buckets: readonly AllowedBucket[];
}

/** The tenant of an entry that names none. */
const DEFAULT_TENANT = "default";
const ENTRY = /^(?:(?<tenant>[a-z0-9-]{1,32})=)?(?<place>.+)$/s;
/** A colon before an absolute path, a file URL or a tenant. Another one is part of a path, as is that of a file URL. */
const BETWEEN_ROOTS = /(?<!(?:^|[:=])file):(?=\/|file:\/\/\/|[a-z0-9-]{1,32}=(?:\/|file:\/\/\/))/;

interface Entry {
  readonly tenant: string;
  readonly place: string;
}

const entriesOf = (text: string, separator: string | RegExp): Entry[] =>
  text.split(separator).flatMap((entry) => {
    const { tenant = DEFAULT_TENANT, place } = ENTRY.exec(entry)?.groups ?? {};
    return place === undefined ? [] : [{ tenant, place }];
  });

/** Folders that sources may be under; none = no source on this machine. */
export const SourceRoots = z
  .string()
  .default("")
  .transform((text, context): AllowedRoot[] => {
    const entries = entriesOf(text, BETWEEN_ROOTS);
    const problem = rootsProblem(entries);
    if (problem !== null) context.addIssue({ code: "custom", message: problem });
    return entries.map(({ tenant, place }) => ({ tenant, root: place }));
  })
  .meta({
    description:
      "Folders that sources must be under, separated as in PATH: /pictures belongs to the tenant `default`, acme=/srv/acme to acme",
  });

/** Buckets that sources may be in; none = no source on S3. */
export const SourceBuckets = z
  .string()
  .default("")
  .transform((text, context): AllowedBucket[] => {
    const entries = entriesOf(text, ",");
    const shared = entries.find(({ tenant, place }) => entries.some((o) => o.place === place && o.tenant !== tenant));
    if (shared !== undefined)
      context.addIssue({ code: "custom", message: `${shared.place}: a bucket belongs to one tenant, not to two` });
    return entries.map(({ tenant, place }) => ({ tenant, bucket: place }));
  })
  .meta({
    description:
      "Buckets that S3 sources must be in, separated by commas: photos belongs to the tenant `default`, acme=photos-2 to acme",
  });

/** Why these can't be the roots; null = they can. */
const rootsProblem = (entries: readonly Entry[]): string | null => {
  const roots = entries.map(({ tenant, place }) => ({ tenant, place, path: rootBytes(place).toString("latin1") }));
  for (const { tenant, place, path } of roots) {
    if (!path.startsWith("/")) return `${place}: must be an absolute path`;
    const inside = roots.find((other) => other.tenant !== tenant && isBelow(path, other.path));
    if (inside !== undefined)
      return `${inside.place} of ${inside.tenant} is in ${place} of ${tenant}: a folder belongs to one tenant, not to two`;
  }
  return null;
};

const isBelow = (root: string, path: string): boolean => `${path}/`.startsWith(root.endsWith("/") ? root : `${root}/`);
