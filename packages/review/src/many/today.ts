import type { Decision } from "@lookalike/client";
import { signal } from "@preact/signals";
import { api, request } from "../api.ts";
import { openCatalogId, refreshStatistics } from "../libraries/library-store.ts";
import { busy, changeGroups, decided } from "../review/groups.ts";
import { type Batch, batchesOf } from "./batches.ts";
import { accepted } from "./selection.ts";

/** What was decided today, newest first; null until it is read. */
export const today = signal<readonly Batch[] | null>(null);

const PAGE = 1_000;
/** More decisions than this are not read: nobody reads through them. */
const MOST = 20_000;

/** Reads what was decided since this day began, where the browser is. */
export const readToday = async (): Promise<void> => {
  const began = new Date();
  began.setHours(0, 0, 0, 0);
  const path = { catalog: openCatalogId() };
  const all: Decision[] = [];
  for (let cursor: string | null = ""; cursor !== null && all.length < MOST; ) {
    const query: { limit: number; cursor?: string } = { limit: PAGE, ...(cursor === "" ? {} : { cursor }) };
    const page: { items: Decision[]; next: string | null } | undefined = await request(
      api.GET("/v1/catalogs/{catalog}/decisions", { params: { path, query } }),
    );
    if (page === undefined) return;
    const ofToday = page.items.filter(({ decidedAt }) => new Date(decidedAt) >= began);
    all.push(...ofToday);
    cursor = ofToday.length < page.items.length ? null : page.next;
  }
  today.value = batchesOf(all);
};

/** Takes all decisions of a batch back. */
export const undoBatch = async ({ decisions }: Batch): Promise<void> => {
  if (busy.value) return;
  busy.value = true;
  const catalog = openCatalogId();
  for (let from = 0; from < decisions.length; from += PAGE) {
    const chunk = decisions.slice(from, from + PAGE);
    const body = { decisions: chunk.map(({ id }) => id) };
    const params = { path: { catalog } };
    if ((await request(api.POST("/v1/catalogs/{catalog}/decisions/undo", { params, body }))) === undefined) break;
    const undone = new Set(chunk.map(({ id }) => id));
    decided.value = decided.value.filter(({ decision }) => !undone.has(decision));
    changeGroups(new Set(chunk.map(({ group }) => group)), { decision: null });
  }
  busy.value = false;
  await Promise.all([refreshStatistics(catalog), readToday()]);
};

/** Takes the newest decisions of today back, as those that were just accepted. */
export const undoNewest = async (): Promise<void> => {
  await readToday();
  const newest = today.value?.[0];
  if (newest !== undefined) await undoBatch(newest);
  accepted.value = null;
};
