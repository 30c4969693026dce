import type { Catalog, Job, Statistics } from "@lookalike/client";
import { computed, signal } from "@preact/signals";
import { api, request } from "../api.ts";

/** A catalog with what is known of it so far. */
export interface Library {
  readonly catalog: Catalog;
  readonly statistics: Statistics | null;
  /** The newest jobs, newest first; null until they are read. */
  readonly jobs: readonly Job[] | null;
}

/** Every catalog, newest first; null until they are read. */
export const libraries = signal<readonly Library[] | null>(null);

/** The id of the open one. */
export const openId = signal<string | null>(null);

export const openLibrary = computed<Library | null>(
  () => libraries.value?.find(({ catalog }) => catalog.id === openId.value) ?? null,
);

export const openStatistics = computed<Statistics | null>(() => openLibrary.value?.statistics ?? null);

/** The id of the open catalog. @throws Error where none is open */
export const openCatalogId = (): string => {
  if (openId.value === null) throw new Error("no catalog is open");
  return openId.value;
};

export const newestJob = ({ jobs }: Library): Job | null => jobs?.[0] ?? null;

/** Whether a job of it is not over. */
export const isScanning = (library: Library): boolean => {
  const job = newestJob(library);
  return job !== null && job.phase !== "done";
};

export const changeLibrary = (id: string, change: Partial<Library>): void => {
  libraries.value =
    libraries.value?.map((library) => (library.catalog.id === id ? { ...library, ...change } : library)) ?? null;
};

const isListed = (id: string): boolean => libraries.value?.some(({ catalog }) => catalog.id === id) ?? false;

/** Reads a catalog's counts again. */
export const refreshStatistics = async (id: string): Promise<void> => {
  const statistics = await request(api.GET("/v1/catalogs/{catalog}/statistics", { params: { path: { catalog: id } } }));
  if (statistics !== undefined) changeLibrary(id, { statistics });
};

/** Jobs that the history shows. */
const JOBS_SHOWN = 24;

/** Reads a catalog's counts and jobs, and follows a job that runs. */
export const refreshLibrary = async (id: string): Promise<void> => {
  const params = { path: { catalog: id }, query: { limit: JOBS_SHOWN } };
  const [page] = await Promise.all([
    request(api.GET("/v1/catalogs/{catalog}/jobs", { params })),
    refreshStatistics(id),
  ]);
  if (page === undefined) return;
  changeLibrary(id, { jobs: page.items });
  const [newest] = page.items;
  if (newest !== undefined && newest.phase !== "done") void follow(newest);
};

const POLL_MS = 1_000;
const followed = new Set<string>();

/** Reads a job again each second until it is over. A browser has few connections to a server, so no stream is held open. */
const follow = async ({ id, catalog }: Job): Promise<void> => {
  if (followed.has(id)) return;
  followed.add(id);
  for (let isOver = false; !isOver && isListed(catalog); ) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    const job = await request(api.GET("/v1/jobs/{job}", { params: { path: { job: id } } }));
    if (job !== undefined) showJob(job);
    isOver = job?.phase === "done";
  }
  followed.delete(id);
  if (isListed(catalog)) await refreshLibrary(catalog);
};

const showJob = (job: Job): void => {
  const known = libraries.value?.find(({ catalog }) => catalog.id === job.catalog)?.jobs ?? [];
  changeLibrary(job.catalog, { jobs: [job, ...known.filter(({ id }) => id !== job.id)] });
};

export const startJob = async (catalog: string, mode: Job["mode"], acceptMissing = false): Promise<void> => {
  const body = { mode, acceptMissing };
  const started = await request(api.POST("/v1/catalogs/{catalog}/jobs", { params: { path: { catalog } }, body }));
  if (started === undefined) return;
  showJob(started);
  await follow(started);
};

export const sendCommand = async (job: string, command: "pause" | "resume" | "cancel"): Promise<void> => {
  await request(api.POST(`/v1/jobs/{job}/${command}`, { params: { path: { job } } }));
};
