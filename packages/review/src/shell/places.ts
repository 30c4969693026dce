import { signal } from "@preact/signals";

/** The three places of the page, in the order of its bar. */
export const PLACES = ["libraries", "review", "archive"] as const;
export type Place = (typeof PLACES)[number];

/** Where the page is. */
export const place = signal<Place>("libraries");

/** The dialog that is open over it. */
export const dialog = signal<
  "rule" | "today" | "files" | "help" | "details" | "settings" | "library" | "empty" | "archive" | null
>(null);

export const closeDialog = (): void => {
  dialog.value = null;
};

const ADDRESS = /^#\/(libraries|review|archive)(?:\/([\w-]+))?$/;

/** The address of a place, as the page's hash. */
export const addressOf = (name: Place, catalog: string | null): string =>
  `#/${name}${catalog === null ? "" : `/${catalog}`}`;

/** The place and the catalog that a hash names; null where it names none. */
export const readAddress = (hash: string): { readonly place: Place; readonly catalog: string | null } | null => {
  const [, name, catalog = null] = ADDRESS.exec(hash) ?? [];
  const found = PLACES.find((known) => known === name);
  return found === undefined ? null : { place: found, catalog };
};
