import type { Catalog, Statistics } from "@lookalike/client";
import { signal } from "@preact/signals";
import { api, attempt, bodyOf, trouble } from "./api.ts";
import { closeGroups, openGroups } from "./groups.ts";
import { closeJob, openJob } from "./jobs.ts";

export const catalogs = signal<Catalog[] | null>(null);
export const catalog = signal<Catalog | null>(null);
export const statistics = signal<Statistics | null>(null);

/** False when the API wants a key that this browser does not have. */
export const isKnown = signal(true);

/** Starts with the key of the address, which the browser then keeps, or with the one it has. */
export const enter = async (): Promise<void> => {
  const given = /^#key=(.+)$/.exec(location.hash)?.[1];
  if (given === undefined) await openCatalogs();
  else await enterWith(given);
};

export const enterWith = async (key: string): Promise<void> => {
  history.replaceState(null, "", location.pathname);
  const { error } = await api.POST("/v1/session", { body: { key } });
  isKnown.value = error === undefined;
  if (error === undefined) await openCatalogs();
  else trouble.value = error.detail;
};

/** Loads the catalogs and opens the one of the address, or the newest. */
const openCatalogs = async (): Promise<void> => {
  const answer = await api.GET("/v1/catalogs", { params: { query: { limit: 1_000 } } });
  isKnown.value = answer.response.status !== 401;
  if (!isKnown.value) return;
  const page = await attempt(async () => bodyOf(answer));
  if (page === undefined) return;
  const newestFirst = page.items.toSorted((a, b) => (a.createdAt < b.createdAt ? 1 : -1));
  catalogs.value = newestFirst;
  const wanted = newestFirst.find(({ id }) => location.hash === `#${id}`) ?? newestFirst[0];
  if (wanted !== undefined) await openCatalog(wanted);
};

export const openCatalog = async (wanted: Catalog): Promise<void> => {
  closeGroups();
  closeJob();
  catalog.value = wanted;
  statistics.value = null;
  history.replaceState(null, "", `#${wanted.id}`);
  await refreshCatalog();
  await openJob(wanted.id, () => void refreshCatalog());
};

/** Statistics anew, and the groups when a newer job has made others. */
export const refreshCatalog = async (): Promise<void> => {
  const { value: open } = catalog;
  if (open === null) return;
  const counted = await readStatistics(open.id);
  if (counted === undefined || catalog.value !== open) return;
  if (counted.job !== null) await openGroups(open.id, counted.job);
};

export const refreshStatistics = async (): Promise<void> => {
  if (catalog.value !== null) await readStatistics(catalog.value.id);
};

const readStatistics = async (id: string): Promise<Statistics | undefined> => {
  const counted = await attempt(async () =>
    bodyOf(await api.GET("/v1/catalogs/{catalog}/statistics", { params: { path: { catalog: id } } })),
  );
  if (counted !== undefined && catalog.value?.id === id) statistics.value = counted;
  return counted;
};
