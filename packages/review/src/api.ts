import { bodyOf, createClient } from "@lookalike/client";
import { signal } from "@preact/signals";

export const api = createClient(location.origin);

/** The last thing that went wrong, in words; shown until the next success or a dismissal. */
export const trouble = signal<string | null>(null);

/** Does it, and tells people when it fails. */
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
