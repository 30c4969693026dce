import type { Archive } from "@lookalike/client";
import { printableLine } from "@lookalike/shared/runtime/printable";
import { signal } from "@preact/signals";
import { api, request } from "../api.ts";
import { refreshStatistics } from "../libraries/library-store.ts";
import { reloadGroups } from "../review/groups.ts";
import { strings } from "../strings/strings.ts";

/** The open catalog's archives, newest first; null until they are read. */
export const archives = signal<readonly Archive[] | null>(null);

const POLL_MS = 500;

const MOVING: readonly Archive["state"][] = ["archiving", "restoring", "emptying"];
export const isMoving = ({ state }: Archive): boolean => MOVING.includes(state);
export const isRestorable = ({ state }: Archive): boolean => state === "archived" || state === "partly-restored";

let reading: string | null = null;

/** Reads the catalog's archives, and repeats that while files are moving. */
export const readArchives = async (catalog: string): Promise<void> => {
  reading = catalog;
  for (;;) {
    const page = await request(api.GET("/v1/catalogs/{catalog}/archives", { params: { path: { catalog } } }));
    if (reading !== catalog) return;
    archives.value = page?.items ?? archives.value ?? [];
    if (!archives.value.some(isMoving)) return;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
};

/** Moves what was decided to go into an archive. @param to a folder on another disk; empty: beside the pictures */
export const startArchive = async (catalog: string, to: string): Promise<void> => {
  const query = to === "" ? {} : { to };
  await request(api.POST("/v1/catalogs/{catalog}/archives", { params: { path: { catalog }, query } }));
  await readArchives(catalog);
};

/**
 * Puts an archive's files back. Decisions are taken back by that, so the groups are read again. A manifest that this
 * installation did not write is believed only when its owner says so.
 */
export const restoreArchive = async ({ id, catalog }: Archive): Promise<void> => {
  const path = { archive: id };
  const answer = await api.POST("/v1/archives/{archive}/restore", { params: { path } });
  const isTrusted = answer.error === undefined || !answer.error.type.endsWith(":manifest-not-trusted");
  if (isTrusted) await request(Promise.resolve(answer));
  else if (confirm(`${printableLine(answer.error.detail)}\n\n${strings.value.restoreAnyway}`))
    await request(api.POST("/v1/archives/{archive}/restore", { params: { path, query: { confirmManifest: "true" } } }));
  await readArchives(catalog);
  await Promise.all([refreshStatistics(catalog), reloadGroups()]);
};

/** Finds archives on the disk that the database does not know. */
export const recoverArchives = async (catalog: string): Promise<void> => {
  await request(api.POST("/v1/catalogs/{catalog}/archives/recover", { params: { path: { catalog } } }));
  await readArchives(catalog);
};
