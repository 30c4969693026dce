import { finalizationDigest } from "@lookalike/shared/domain/grouping/result-digest";
import { partDigest } from "@lookalike/shared/domain/job/digest";
import { blocksBelow } from "@lookalike/shared/store/blocks/hash-blocks";
import { getCatalog } from "@lookalike/shared/store/catalog/catalogs";
import { endOfCatalog } from "@lookalike/shared/store/catalog/census";
import { hasLaterJob, type JobRow } from "@lookalike/shared/store/jobs/jobs";
import type { Db } from "@lookalike/shared/store/open";
import {
  differingBlocks,
  digestsOfRows,
  findFinalization,
  imageDigests,
  isIntact,
  readGroups,
  strayNumbers,
  undecidedMarks,
} from "@lookalike/shared/store/results/result-digests";

type Report = (problem: string) => void;

/** Whose problems are reported, and what can't be checked, in words. */
interface Checks {
  readonly report: Report;
  readonly leaveOut: Report;
}

/**
 * What is stored of a completed job's result has the digests with which it was stored: its numbers, each group, each member,
 * the matches, and all that it was made of. Blocks and images are checked while no later job has changed them.
 * @returns groups read
 */
export const verifyFinalization = async (db: Db, row: JobRow, { report, leaveOut }: Checks): Promise<number> => {
  const result = { jobId: row.id, run: row.run };
  const stored = await findFinalization(db, result);
  if (stored === null) {
    report(`result: none is stored for run ${row.run}; rerun-finalize makes one`);
    return 0;
  }
  if (stored.tenant !== row.tenant) report(`result: of tenant ${stored.tenant}, the job's is ${row.tenant}`);
  const groups = await verifyGroups(db, row, report);
  if (groups.count !== stored.groups) report(`result: ${stored.groups} groups by count, ${groups.count} stored`);
  if (groups.images !== stored.groupedImages)
    report(`result: ${stored.groupedImages} images in groups by count, ${groups.images} stored`);
  const { digests, imageDigests: storedImages } = stored;
  if (digests === null || storedImages === null) {
    leaveOut("the digests of the result: an earlier version stored it; rerun-finalize stores them");
    return groups.count;
  }
  const isNewest = !(await hasLaterJob(db, row));
  const { blocks, ...others } = await digestsOfRows(db, row, result);
  // Verdicts have a digest only where the job verifies: it may have one now, or have had one.
  const { verdicts = null } = others;
  for (const [name, digest] of Object.entries({ ...others, verdicts }))
    if ((digests[name as keyof typeof others] ?? null) !== digest)
      report(`${name}: not what the result was stored with`);
  if (finalizationDigest(stored, digests) !== digests.result)
    report("result: its numbers are not those it was stored with");
  if (stored.equalImages !== null && partDigest(stored.equalImages) !== digests.equalImages)
    report("result: the edges between equal images are not those it was stored with");
  if (!isNewest) {
    leaveOut("blocks and images: a later job of the catalog may have changed them");
    return groups.count;
  }
  if (blocks !== digests.blocks) report("blocks: their digests are not those that were grouped");
  await verifyCatalog(db, row, report);
  await verifyImages(db, row, storedImages, report);
  return groups.count;
};

/** Each group has its digest, and each row of the lineage belongs to a result. */
const verifyGroups = async (db: Db, row: JobRow, report: Report): Promise<{ count: number; images: number }> => {
  const result = { jobId: row.id, run: row.run };
  const images = new Set<number>();
  let count = 0;
  for await (const group of readGroups(db, result)) {
    count += 1;
    for (const { ordinal } of group.members) images.add(ordinal);
    if (group.digest !== null && !isIntact(group)) report(`group ${group.number}: not as it was stored`);
  }
  for (const number of await strayNumbers(db, result)) report(`group ${number}: rows that belong to no result`);
  for (const number of await undecidedMarks(db, row.catalogId, result))
    report(`group ${number}: marked by a decision that is not about it`);
  return { count, images: images.size };
};

const SHAPE = ["blockSize", "hashBits", "hashFormat", "tenant"] as const;

/** The catalog's row says the same as that of its newest job. */
const verifyCatalog = async (db: Db, row: JobRow, report: Report): Promise<void> => {
  const catalog = await getCatalog(db, row.tenant, row.catalogId);
  if (catalog === null) report(`catalog: tenant ${row.tenant} has no catalog ${row.catalogId}`);
  else
    for (const name of SHAPE)
      if (catalog[name] !== row[name]) report(`catalog: its ${name} is ${catalog[name]}, the job's ${row[name]}`);
};

const verifyImages = async (db: Db, row: JobRow, stored: Uint8Array, report: Report): Promise<void> => {
  const { blockSize, catalogId, totalBlocks } = row;
  if (blockSize === null) return;
  const end = totalBlocks * blockSize;
  if ((await endOfCatalog(db, catalogId)) > end)
    report(`images: rows from image ${end} on, which the job does not have`);
  const now = await imageDigests(db, { catalogId, blockSize, totalBlocks }, blocksBelow(totalBlocks));
  for (const block of differingBlocks(stored, now))
    report(`images ${block * blockSize} to ${(block + 1) * blockSize - 1}: their rows are not those that were grouped`);
};
