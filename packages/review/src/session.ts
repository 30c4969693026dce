import { printableLine } from "@lookalike/shared/runtime/printable";
import { signal } from "@preact/signals";
import { api, request, trouble } from "./api.ts";
import { libraries, openId, refreshLibrary } from "./libraries/library-store.ts";
import { closeGroups } from "./review/groups.ts";
import { addressOf, type Place, place, readAddress } from "./shell/places.ts";

/** False when the API requires a key that this browser does not have. */
export const isSignedIn = signal(true);

/** Starts the page with the key of its address, which becomes a cookie, or with the cookie that the browser has. */
export const start = async (): Promise<void> => {
  addEventListener("hashchange", openAddress);
  const key = /^#key=(.+)$/.exec(location.hash)?.[1];
  if (key === undefined) await loadLibraries();
  else await signIn(key);
};

export const signIn = async (key: string): Promise<void> => {
  if (location.hash.startsWith("#key=")) history.replaceState(null, "", location.pathname);
  const { error } = await api.POST("/v1/session", { body: { key } });
  if (error !== undefined) {
    isSignedIn.value = false;
    trouble.value = printableLine(error.detail);
    return;
  }
  await loadLibraries();
  if (isSignedIn.value || location.protocol === "https:") return;
  // Safari stores no secure cookie without https, not even of this machine.
  await api.POST("/v1/session", { body: { key, insecure: true } });
  await loadLibraries();
};

/** Ends this browser's session. What it has cached of the pictures is deleted with it. */
export const signOut = async (): Promise<void> => {
  const { error } = await api.DELETE("/v1/session");
  if (error !== undefined) {
    trouble.value = printableLine(error.detail);
    return;
  }
  closeGroups();
  openId.value = null;
  libraries.value = null;
  history.replaceState(null, "", location.pathname);
  isSignedIn.value = false;
};

/** Reads the catalogs, and opens the place that the address names. Without one: Review of the newest, or Libraries. */
const loadLibraries = async (): Promise<void> => {
  const answer = await api.GET("/v1/catalogs", { params: { query: { limit: 1_000 } } });
  isSignedIn.value = answer.response.status !== 401;
  if (!isSignedIn.value) return;
  const page = await request(Promise.resolve(answer));
  if (page === undefined) return;
  libraries.value = page.items
    .toSorted((a, b) => (a.createdAt < b.createdAt ? 1 : -1))
    .map((catalog) => ({ catalog, statistics: null, jobs: null }));
  trouble.value = null;
  openAddress();
};

const openAddress = (): void => {
  const [newest = null] = libraries.value ?? [];
  const named = readAddress(location.hash);
  const isNamed = libraries.value?.some(({ catalog }) => catalog.id === named?.catalog) ?? false;
  const catalog = isNamed && named !== null ? named.catalog : (openId.value ?? newest?.catalog.id ?? null);
  show(named?.place ?? (newest === null ? "libraries" : "review"), catalog);
};

const show = (name: Place, catalog: string | null): void => {
  place.value = name;
  openCatalog(catalog);
  const address = addressOf(name, catalog);
  if (location.hash !== address) history.replaceState(null, "", address);
};

/** Makes a catalog the open one, at the place where the page is. */
export const openCatalog = (catalog: string | null): void => {
  if (catalog === openId.value) return;
  closeGroups();
  openId.value = catalog;
  if (catalog !== null) void refreshLibrary(catalog);
};

/** Opens a place of a catalog. */
export const goTo = (name: Place, catalog: string | null): void => {
  location.hash = addressOf(name, catalog);
};
