import type { Catalog } from "@lookalike/client";
import { signal } from "@preact/signals";
import { api, request, trouble } from "./api.ts";
import { closeGroups, refreshGroups } from "./groups.ts";
import { closeJob, openJob } from "./jobs.ts";
import { catalog, statistics } from "./open-catalog.ts";

export const catalogs = signal<Catalog[] | null>(null);

/** False when the API requires a key that this browser does not have. */
export const isSignedIn = signal(true);

/** Starts the page with the key of its address, which becomes a cookie, or with the cookie that the browser has. */
export const start = async (): Promise<void> => {
  const key = /^#key=(.+)$/.exec(location.hash)?.[1];
  if (key === undefined) await openCatalogs();
  else await signIn(key);
};

export const signIn = async (key: string): Promise<void> => {
  history.replaceState(null, "", location.pathname);
  const { error } = await api.POST("/v1/session", { body: { key } });
  if (error !== undefined) {
    isSignedIn.value = false;
    trouble.value = error.detail;
    return;
  }
  await openCatalogs();
  if (isSignedIn.value || location.protocol === "https:") return;
  // Safari stores no secure cookie without https, not even of this machine.
  await api.POST("/v1/session", { body: { key, insecure: true } });
  await openCatalogs();
};

/** Ends this browser's session. What it has cached of the pictures is deleted with it. */
export const signOut = async (): Promise<void> => {
  const { error } = await api.DELETE("/v1/session");
  if (error !== undefined) {
    trouble.value = error.detail;
    return;
  }
  closeGroups();
  closeJob();
  catalog.value = null;
  statistics.value = null;
  catalogs.value = null;
  history.replaceState(null, "", location.pathname);
  isSignedIn.value = false;
};

/** Loads the catalogs and opens the one that the address names, or the newest. */
const openCatalogs = async (): Promise<void> => {
  const answer = await api.GET("/v1/catalogs", { params: { query: { limit: 1_000 } } });
  isSignedIn.value = answer.response.status !== 401;
  if (!isSignedIn.value) return;
  const page = await request(Promise.resolve(answer));
  if (page === undefined) return;
  const newestFirst = page.items.toSorted((a, b) => (a.createdAt < b.createdAt ? 1 : -1));
  catalogs.value = newestFirst;
  const selected = newestFirst.find(({ id }) => location.hash === `#${id}`) ?? newestFirst[0];
  if (selected !== undefined) await openCatalog(selected);
};

export const openCatalog = async (selected: Catalog): Promise<void> => {
  closeGroups();
  closeJob();
  catalog.value = selected;
  statistics.value = null;
  history.replaceState(null, "", `#${selected.id}`);
  await refreshGroups();
  await openJob(selected.id);
};
