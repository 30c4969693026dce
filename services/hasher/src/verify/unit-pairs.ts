import { equalPairs } from "@lookalike/shared/domain/grouping/class-edges";
import { decodeEdges } from "@lookalike/shared/domain/grouping/edges";
import { classifyImages } from "@lookalike/shared/domain/grouping/image-classes";
import { contentDigestAt, PICTURE_DIGEST_BYTES } from "@lookalike/shared/domain/image/hash-block";
import { edgeTaskCount, numbersIn, ownBlocks, type Range } from "@lookalike/shared/domain/job/plan";
import type { TaskOf } from "@lookalike/shared/domain/job/task";
import { has, members, OrdinalSet } from "@lookalike/shared/domain/primitives/bit-set";
import { at, byteAt } from "@lookalike/shared/domain/primitives/columns";
import { toHex } from "@lookalike/shared/domain/primitives/encoding";
import { groupBy } from "@lookalike/shared/domain/primitives/group-by";
import { COMPARED_COLUMNS } from "@lookalike/shared/store/blocks/hash-blocks";
import { readRequired } from "@lookalike/shared/store/blocks/required-blocks";
import type { JobRow } from "@lookalike/shared/store/jobs/jobs";
import type { Db } from "@lookalike/shared/store/open";
import { ownEdges, requiredTaskEdges } from "@lookalike/shared/store/results/compare-results";
import { type IsLooked, nearestEdges } from "./nearest-edges.ts";

/** The pairs of a verification task. */
export interface UnitPairs {
  readonly looked: readonly OrdinalPair[];
  /** Those of pictures with so many edges that nobody looks at these. */
  readonly overLimit: readonly OrdinalPair[];
}

/** Two images by their ordinals a < b. */
export interface OrdinalPair {
  readonly a: number;
  readonly b: number;
}

/**
 * The pairs that a comparison task found, each once: its edges, and of the images with equal hashes, which it compared as one, each
 * with the first one. So a thousand equal images are 999 pairs and not half a million. Candidates are bounded where they are sought.
 * @throws MissingDataError where edges or blocks are not stored
 */
export const pairsOfUnit = async (db: Db, job: JobRow, task: TaskOf<"verify">): Promise<UnitPairs> => {
  const looked: OrdinalPair[] = [];
  const overLimit: OrdinalPair[] = [];
  const isOfEdges = task.task < edgeTaskCount(task.plan);
  const isLooked = isOfEdges ? await lookedEdges(db, job, task) : () => true;
  for (const part of await requiredTaskEdges(db, job.id, task.task)) {
    const { a, b, distance } = decodeEdges(part);
    a.forEach((first, edge) => {
      const second = at(b, edge);
      (isLooked(first, second, byteAt(distance, edge)) ? looked : overLimit).push({ a: first, b: second });
    });
  }
  for (const range of ownBlocks(task.plan, task.task))
    for (const pair of await equalPairsIn(db, job, task, range)) looked.push(pair);
  return { looked, overLimit };
};

/** The selection of the job whose task this process handled last: all its tasks have the same one. */
let selection: { readonly of: string; readonly isLooked: Promise<IsLooked> } | null = null;

const lookedEdges = (db: Db, job: JobRow, { plan, blockSize }: TaskOf<"verify">): Promise<IsLooked> => {
  // A comparison that leaves quarantine adds edges.
  const done = [...members(job.tasksDone, edgeTaskCount(plan))].length;
  const of = `${job.id} ${done}`;
  if (selection?.of !== of) {
    const isLooked = nearestEdges(() => ownEdges(db, job), plan.firstBlock * blockSize);
    const mine = { of, isLooked };
    selection = mine;
    isLooked.catch(() => {
      if (selection === mine) selection = null;
    });
  }
  return selection.isLooked;
};

const equalPairsIn = async (
  db: Db,
  job: JobRow,
  { blockSize, hashBits }: TaskOf<"verify">,
  range: Range,
): Promise<OrdinalPair[]> => {
  const numbers = numbersIn(range).filter((block) => has(job.blocksDone, block));
  const extent = range.to * blockSize;
  const selected = new OrdinalSet(numbersIn({ from: range.from * blockSize, to: extent }), extent);
  const { catalogId, hashFormat } = job;
  const blocks = readRequired(db, { catalogId, numbers, hashFormat, hashBits }, COMPARED_COLUMNS);
  return equalPairs(await classifyImages(blocks, { blockSize, extent, hashBytes: hashBits / 8 }, selected));
};

/** What a file and its picture are, whatever its name. */
export interface ImageContent {
  /** SHA-256 of the file. */
  readonly contentDigest: Uint8Array;
  /** Of what the file shows, hex; null where its format has none. */
  readonly pictureDigest: string | null;
}

const NO_PICTURE_DIGEST = "00".repeat(PICTURE_DIGEST_BYTES);

/**
 * The contents of images, as they were hashed; one of which they are not known is left out.
 * @throws MissingDataError where a block is not stored
 */
export const contentsOf = async (
  db: Db,
  { catalogId, hashFormat }: JobRow,
  blockSize: number,
  ordinals: ReadonlySet<number>,
): Promise<Map<number, ImageContent>> => {
  const ordinalsOf = groupBy(ordinals, (ordinal) => Math.floor(ordinal / blockSize));
  const numbers = [...ordinalsOf.keys()].sort((a, b) => a - b);
  const contents = new Map<number, ImageContent>();
  const columns = ["states", "contentDigests", "pictureDigests"] as const;
  for await (const block of readRequired(db, { catalogId, numbers, hashFormat }, columns))
    for (const ordinal of ordinalsOf.get(block.block) ?? []) {
      const position = ordinal % blockSize;
      const contentDigest = contentDigestAt(block, position);
      if (contentDigest === null) continue;
      const from = position * PICTURE_DIGEST_BYTES;
      const digest = toHex(block.pictureDigests.subarray(from, from + PICTURE_DIGEST_BYTES));
      contents.set(ordinal, {
        contentDigest: contentDigest.slice(),
        pictureDigest: digest === "" || digest === NO_PICTURE_DIGEST ? null : digest,
      });
    }
  return contents;
};
