import { messageOf } from "@lookalike/shared/runtime/errors";
import type { Logger } from "@lookalike/shared/runtime/log";
import { startLoop } from "@lookalike/shared/runtime/loop";
import { type CatalogRow, everyCatalog } from "@lookalike/shared/store/catalog/catalogs";
import { type CatalogImage, findImages } from "@lookalike/shared/store/catalog/images";
import { exclusively } from "@lookalike/shared/store/exclusively";
import { findJob, type JobRow } from "@lookalike/shared/store/jobs/jobs";
import type { Db } from "@lookalike/shared/store/open";
import { type GroupOrder, listGroups } from "@lookalike/shared/store/results/groups";
import type { Result } from "@lookalike/shared/store/results/results";
import { latestResult } from "@lookalike/shared/store/review/decisions";
import type { TenantStores } from "@lookalike/shared/store/tenant-stores";
import type { ThumbnailSize } from "../decode/thumbnail.ts";
import { HttpProblem } from "../http/problems.ts";
import { groupsOf } from "../plugins/tenant-scope.ts";
import type { Thumbnails } from "./thumbnails.ts";

const PAUSE_MS = 10_000;
const GROUPS_PER_PAGE = 50;
/** The open group shows the large ones, and the list of groups the small ones. */
const SIZES: readonly ThumbnailSize[] = ["large", "small"];
const FROM_THE_LARGEST: GroupOrder = { by: "reclaimable", after: { bytes: Number.MAX_SAFE_INTEGER, number: 0 } };

type Prepare = NonNullable<Thumbnails["prepare"]>;

/**
 * Stores the thumbnails of what is to be reviewed before anybody opens it: of each catalog's undecided groups, those that
 * free the most bytes first, one picture at a time, so that requests have the other processes that decode.
 * @param maxGroups of one catalog
 */
export const startPreparing = (tenants: TenantStores, prepare: Prepare, maxGroups: number, log: Logger) => {
  /** By catalog: the result whose groups are prepared. */
  const prepared = new Map<string, Result>();
  let stopping = false;

  const prepareNewest = async (catalog: CatalogRow): Promise<void> => {
    const { db, pool } = tenants.ofTenant(catalog.tenant);
    const result = await latestResult(db, catalog.id);
    if (result === null || isSame(result, prepared.get(catalog.id))) return;
    const job = await findJob(db, result.jobId);
    if (job === null) return;
    // One of several processes does it; another one finds them stored.
    await exclusively(pool, `lookalike:thumbnails:${catalog.id}`, async () => {
      const isOutdated = async (): Promise<boolean> => stopping || !isSame(result, await latestResult(db, catalog.id));
      const images = await prepareGroups(db, catalog, job, maxGroups, isOutdated, prepare);
      if (stopping) return;
      prepared.set(catalog.id, result);
      log.info({ catalog: catalog.id, job: job.id, images }, "thumbnails of groups are stored");
    });
  };

  const loop = startLoop(
    PAUSE_MS,
    async () => {
      for (const catalog of await everyCatalog(tenants.everyTenant.db)) {
        if (stopping) return;
        if (catalog.source.kind !== "hashes") await prepareNewest(catalog);
      }
    },
    (error) => log.warn({ err: messageOf(error) }, "thumbnails of groups"),
  );
  return {
    async stop(): Promise<void> {
      stopping = true;
      await loop.stop();
    },
  };
};

const isSame = ({ jobId, run }: Result, other: Result | null | undefined): boolean =>
  other?.jobId === jobId && other.run === run;

/** @returns how many images have their thumbnails */
const prepareGroups = async (
  db: Db,
  catalog: CatalogRow,
  job: JobRow,
  maxGroups: number,
  isOutdated: () => Promise<boolean>,
  prepare: Prepare,
): Promise<number> => {
  let order = FROM_THE_LARGEST;
  let images = 0;
  for (let left = maxGroups; left > 0 && !(await isOutdated()); left -= GROUPS_PER_PAGE) {
    const limit = Math.min(left, GROUPS_PER_PAGE);
    const groups = await listGroups(db, groupsOf(job), { decided: false }, order, limit);
    const ordinals = groups.flatMap(({ members }) => members.map(({ ordinal }) => ordinal));
    for (const image of await findImages(db, catalog, [...new Set(ordinals)])) {
      if (await isPrepared(catalog, image, prepare)) images += 1;
    }
    const last = groups.at(-1);
    if (last === undefined || groups.length < limit) break;
    order = { by: "reclaimable", after: { bytes: last.reclaimableBytes, number: last.number } };
  }
  return images;
};

/** @returns false where the picture can't be shown: whoever opens it gets the reason */
const isPrepared = async (catalog: CatalogRow, image: CatalogImage, prepare: Prepare): Promise<boolean> => {
  try {
    for (const size of SIZES) await prepare(catalog, image, size);
    return true;
  } catch (error) {
    if (error instanceof HttpProblem) return false;
    throw error;
  }
};
