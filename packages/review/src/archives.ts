import type { Archive, BulkResult, Group } from "@lookalike/client";
import { signal } from "@preact/signals";
import { api, request } from "./api.ts";

export const archives = signal<readonly Archive[]>([]);

const POLL_MS = 500;

export const isMoving = ({ state }: Archive): boolean => state === "archiving" || state === "restoring";

/** Reads the catalog's archives, and repeats that while files are moving. */
export const readArchives = async (catalog: string): Promise<void> => {
  const page = await request(api.GET("/v1/catalogs/{catalog}/archives", { params: { path: { catalog } } }));
  archives.value = page?.items ?? [];
  if (archives.value.some(isMoving)) setTimeout(() => void readArchives(catalog), POLL_MS);
};

export const startArchive = async (catalog: string): Promise<void> => {
  await request(api.POST("/v1/catalogs/{catalog}/archives", { params: { path: { catalog } } }));
  await readArchives(catalog);
};

export const restoreArchive = async ({ id, catalog }: Archive): Promise<void> => {
  await request(api.POST("/v1/archives/{archive}/restore", { params: { path: { archive: id } } }));
  await readArchives(catalog);
};

/** A rule for many groups. */
export interface BulkRule {
  readonly kinds: readonly Group["kind"][];
  /** The folder whose pictures all stay; empty = the suggested picture of each group stays. */
  readonly keepUnder: string;
}

/** Decides by a rule. @param preview only counts what that would do */
export const acceptAll = (
  job: string,
  { kinds, keepUnder }: BulkRule,
  preview: boolean,
): Promise<BulkResult | undefined> =>
  request(
    api.POST("/v1/jobs/{job}/decisions", {
      params: { path: { job } },
      body: { kinds: [...kinds], keepUnder: keepUnder === "" ? null : keepUnder, preview },
    }),
  );
