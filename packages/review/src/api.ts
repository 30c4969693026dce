import { bodyOf, createClient } from "@lookalike/client";
import { signal } from "@preact/signals";

export const api = createClient(location.origin);

/** What failed last, as a sentence; the page shows it until something succeeds or it is dismissed. */
export const trouble = signal<string | null>(null);

/** The result of `work`; undefined when it fails, which `trouble` then shows. */
export const attempt = async <Result>(work: () => Promise<Result>): Promise<Result | undefined> => {
  try {
    const result = await work();
    trouble.value = null;
    return result;
  } catch (error) {
    trouble.value = error instanceof Error ? error.message : String(error);
    return undefined;
  }
};

export { bodyOf };

export const thumbnailUrl = (catalog: string, ordinal: number, size: "small" | "large"): string =>
  `/v1/catalogs/${catalog}/images/${ordinal}/thumbnail?size=${size}`;

export const originalUrl = (catalog: string, ordinal: number): string =>
  `/v1/catalogs/${catalog}/images/${ordinal}/original`;
