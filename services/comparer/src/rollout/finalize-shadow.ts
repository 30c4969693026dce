// Ends with the roll-out: docs/decisions/0037-parts-with-an-end.md.
import { jobEvent } from "@lookalike/shared/bus/messages";
import { decodeEdges } from "@lookalike/shared/domain/grouping/edges";
import { classifyImages } from "@lookalike/shared/domain/grouping/image-classes";
import { listed } from "@lookalike/shared/domain/job/job";
import type { Finalize } from "@lookalike/shared/domain/job/task";
import { members, OrdinalSet } from "@lookalike/shared/domain/primitives/bit-set";
import { at, byteAt, withRoom } from "@lookalike/shared/domain/primitives/columns";
import { COMPARED_COLUMNS } from "@lookalike/shared/store/blocks/hash-blocks";
import { readRequired } from "@lookalike/shared/store/blocks/required-blocks";
import { findJob, type JobRow, jobOf } from "@lookalike/shared/store/jobs/jobs";
import { addToOutbox } from "@lookalike/shared/store/jobs/outbox";
import type { Db } from "@lookalike/shared/store/open";
import { streamResults } from "@lookalike/shared/store/results/compare-results";

/** A pair of hash numbers must fit the 53 bits of a double: 67 million hashes. */
const MAX_HASHES = 2 ** 26;

/**
 * Ends a shadow job. Its result is not groups, but the number of pairs of different hashes that only it or only its job
 * found: pairs of hashes, because one kernel reports equal hashes for every image and the other reports them once.
 */
export const finalizeShadow = async (db: Db, shadow: JobRow, order: Finalize): Promise<void> => {
  const started = performance.now();
  const { shadowOf, rollout } = shadow.options;
  const job = shadowOf === null ? null : await findJob(db, shadowOf);
  const feature = rollout[0]?.feature;
  if (shadow.totalImages > MAX_HASHES)
    throw new Error(`a shadow compares at most ${MAX_HASHES} images, not ${shadow.totalImages}`);
  if (job === null || feature === undefined) throw new Error(`job ${shadow.id} is the shadow of no job`);
  // A job may build on one that was compared up to a larger radius.
  const radiusBits = Math.min(listed(jobOf(job)).radiusBits, listed(jobOf(shadow)).radiusBits);
  const hashNumbers = await numberHashes(db, shadow);
  const { onlyA, onlyB } = differences(
    await sortedPairs(db, job.id, hashNumbers, radiusBits),
    await sortedPairs(db, shadow.id, hashNumbers, radiusBits),
  );
  const address = { ...order, id: order.job };
  await db.transaction(async (tx) => {
    const compared = jobEvent(address, "shadow-compared", order.run, {
      shadowOf: job.id,
      feature,
      equal: onlyA + onlyB === 0,
      onlyJob: onlyA,
      onlyShadow: onlyB,
      milliseconds: Math.round(performance.now() - started),
    });
    await addToOutbox(tx, compared);
    await addToOutbox(tx, jobEvent(address, "job-finalized", order.run, { groups: 0, groupedImages: 0 }));
  });
};

/** The number of each image's hash: equal hashes have the same one. */
const numberHashes = async (db: Db, shadow: JobRow): Promise<Int32Array> => {
  const { catalogId, hashFormat, blocksDone, totalBlocks } = shadow;
  const { blockSize, hashBits } = listed(jobOf(shadow));
  const extent = totalBlocks * blockSize;
  const numbers = [...members(blocksDone, totalBlocks)];
  const blocks = readRequired(db, { catalogId, numbers, hashFormat, hashBits }, COMPARED_COLUMNS);
  const layout = { blockSize, extent, hashBytes: hashBits / 8 };
  const { ofOrdinal, hashOf } = await classifyImages(blocks, layout, OrdinalSet.below(extent));
  return Int32Array.from(ofOrdinal, (number) => (number < 0 ? number : at(hashOf, number)));
};

/** Similar pairs of hashes of a job as ascending numbers, each once. */
const sortedPairs = async (db: Db, job: string, hashNumbers: Int32Array, radiusBits: number): Promise<Float64Array> => {
  let pairs = new Float64Array(1_024);
  let count = 0;
  for await (const { edges } of streamResults(db, job)) {
    const { a, b, distance } = decodeEdges(edges);
    pairs = withRoom(pairs, count + a.length);
    for (let edge = 0; edge < a.length; edge += 1) {
      const x = at(hashNumbers, at(a, edge));
      const y = at(hashNumbers, at(b, edge));
      if (byteAt(distance, edge) > radiusBits || x === y) continue;
      pairs[count++] = Math.min(x, y) * MAX_HASHES + Math.max(x, y);
    }
  }
  const sorted = pairs.subarray(0, count).sort();
  return sorted.filter((pair, index) => index === 0 || pair !== sorted[index - 1]);
};

const differences = (a: Float64Array, b: Float64Array): { onlyA: number; onlyB: number } => {
  let common = 0;
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const x = at(a, i);
    const y = at(b, j);
    if (x === y) common += 1;
    if (x <= y) i += 1;
    if (y <= x) j += 1;
  }
  return { onlyA: a.length - common, onlyB: b.length - common };
};
