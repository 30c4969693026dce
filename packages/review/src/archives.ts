import type { Archive } from "@lookalike/client";
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
