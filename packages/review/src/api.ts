import { bodyOf, createClient } from "@lookalike/client";
import { printableLine } from "@lookalike/shared/runtime/printable";
import { signal } from "@preact/signals";

export const api = createClient(location.origin);

/** Names and messages as the page shows them: what hides or turns text around is written out. */
const printableTexts = <Data>(data: Data): Data => {
  if (typeof data === "string") return printableLine(data) as Data;
  if (Array.isArray(data)) return data.map(printableTexts) as Data;
  if (typeof data !== "object" || data === null) return data;
  return Object.fromEntries(Object.entries(data).map(([name, value]) => [name, printableTexts(value)])) as Data;
};

/** What failed last, as a sentence; the page shows it until something succeeds or it is dismissed. */
export const trouble = signal<string | null>(null);

type Answer<Data> = Promise<{ data?: Data; error?: unknown; response: Response }>;

/** The body of an answer as it is, to be sent back; its texts may not be shown. undefined when the request fails, which `trouble` then shows. */
export const requestAsSent = async <Data>(answer: Answer<Data>): Promise<Data | undefined> => {
  try {
    const body = bodyOf(await answer);
    trouble.value = null;
    return body;
  } catch (error) {
    trouble.value = printableLine(error instanceof Error ? error.message : String(error));
    return undefined;
  }
};

/** The body of an answer with texts that can be shown; undefined when the request fails, which `trouble` then shows. */
export const request = async <Data>(answer: Answer<Data>): Promise<Data | undefined> => {
  const body = await requestAsSent(answer);
  return body === undefined ? undefined : printableTexts(body);
};

export const thumbnailUrl = (catalog: string, ordinal: number, size: "small" | "large"): string =>
  `/v1/catalogs/${catalog}/images/${ordinal}/thumbnail?size=${size}`;

export const originalUrl = (catalog: string, ordinal: number): string =>
  `/v1/catalogs/${catalog}/images/${ordinal}/original`;
