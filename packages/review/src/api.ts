import { bodyOf, createClient } from "@lookalike/client";
import { signal } from "@preact/signals";

export const api = createClient(location.origin);

/** What failed last, as a sentence; the page shows it until something succeeds or it is dismissed. */
export const trouble = signal<string | null>(null);

/** The body of an answer of the API; undefined when the request fails, which `trouble` then shows. */
export const request = async <Data>(
  answer: Promise<{ data?: Data; error?: unknown; response: Response }>,
): Promise<Data | undefined> => {
  try {
    const body = bodyOf(await answer);
    trouble.value = null;
    return body;
  } catch (error) {
    trouble.value = error instanceof Error ? error.message : String(error);
    return undefined;
  }
};

export const thumbnailUrl = (catalog: string, ordinal: number, size: "small" | "large"): string =>
  `/v1/catalogs/${catalog}/images/${ordinal}/thumbnail?size=${size}`;

export const originalUrl = (catalog: string, ordinal: number): string =>
  `/v1/catalogs/${catalog}/images/${ordinal}/original`;
