import type { Catalog, Statistics } from "@lookalike/client";
import { signal } from "@preact/signals";
import { api, request } from "./api.ts";

export const catalog = signal<Catalog | null>(null);
export const statistics = signal<Statistics | null>(null);

/** The id of the open catalog. @throws Error where none is open */
export const openCatalogId = (): string => {
  if (catalog.value === null) throw new Error("no catalog is open");
  return catalog.value.id;
};

/** Reads the open catalog's statistics; undefined where that fails, or another catalog was opened meanwhile. */
export const refreshStatistics = async (): Promise<Statistics | undefined> => {
  const id = openCatalogId();
  const counts = await request(api.GET("/v1/catalogs/{catalog}/statistics", { params: { path: { catalog: id } } }));
  if (counts === undefined || catalog.value?.id !== id) return undefined;
  statistics.value = counts;
  return counts;
};
