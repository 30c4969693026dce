import { hash } from "node:crypto";
import type { PairKind } from "../image/pair-kind.ts";
import { type Job, listed } from "../job/job.ts";
import type { GroupKind, KeeperReason } from "./keeper.ts";
import { MemberComparison } from "./member-comparison.ts";

/** SHA-256 of parts of a result, hex, so that what is stored of it can be checked later. */
export interface ResultDigests {
  /** Of how the job was planned: {@link planDigest}. */
  readonly plan: string;
  /** Of the digests of the blocks that were grouped. */
  readonly blocks: string;
  /** Of the digests of the edges that the job's own tasks found. */
  readonly edges: string;
  /** Of the digests of the verdicts that the job's own tasks gave; left out where it verifies nothing. */
  readonly verdicts?: string;
  /** Of the digests of its groups: {@link groupDigest}. */
  readonly groups: string;
  /** Of the images that its reference has. */
  readonly matches: string;
  /** Of the encoded edges between equal images, which are deleted when another result builds on this one. */
  readonly equalImages: string;
  /** Of all these, and of the numbers of the result: {@link finalizationDigest}. */
  readonly result: string;
}

const digestOf = (value: unknown): string => hash("sha256", JSON.stringify(value));

interface StoredMember {
  readonly ordinal: number;
  readonly distance: number | null;
  readonly damaged: string | null;
  readonly sameFileAs: number | null;
  readonly kind: PairKind | null;
  readonly probability: number | null;
  readonly via: number | null;
  readonly comparison: MemberComparison | null;
}

interface StoredGroup {
  readonly number: number;
  readonly kind: GroupKind;
  readonly keeper: number;
  readonly keeperReason: KeeperReason;
  readonly size: number;
  readonly reclaimableBytes: number;
  readonly members: readonly StoredMember[];
}

/** The digest of all that a group says, without what owners decide about it. @param group its members by ordinal, ascending */
export const groupDigest = (group: StoredGroup): string => {
  const { number, kind, keeper, keeperReason, size, reclaimableBytes } = group;
  const members = group.members.map((member) => {
    const { ordinal, distance, damaged, sameFileAs } = member;
    return [ordinal, distance, damaged, sameFileAs, ...relationValues(member)];
  });
  return digestOf([number, kind, keeper, keeperReason, size, reclaimableBytes, members]);
};

/** What a member is to the keeper; nothing where the group is no family, as in results of earlier versions. */
const relationValues = ({ kind, probability, via, comparison }: StoredMember): unknown[] => {
  if (kind === null && probability === null && via === null && comparison === null) return [];
  // The database does not keep the order of the fields. Parsing makes it that of the schema; what was altered may not be one.
  return [kind, probability, via, MemberComparison.safeParse(comparison).data ?? comparison];
};

/** The digest of what decides which tasks a job has and how it is grouped. */
export const planDigest = (job: Job): string => {
  const { base, blockSize, hashBits, thresholdBits, radiusBits, index, kernelReason, fileCounts, candidates } =
    listed(job);
  const { id, tenant, catalog, mode, hashFormat, images, hashedImages, failedImages } = job;
  // By name: a later version adds options, which do not change what this one did.
  const { grouping, pairsPerTask, reference, kernel } = job.options;
  return digestOf([
    [id, tenant, catalog, mode, hashFormat, images, hashedImages, failedImages],
    [base?.job, base?.blocks, blockSize, hashBits, thresholdBits, radiusBits, index?.tileBlocks, index?.bands],
    [job.hash.count, job.compare.count, kernelReason, fileCounts?.total],
    [grouping, job.options.thresholdBits, job.options.blockSize, pairsPerTask, reference, kernel],
    ...(job.verify.count > 0 ? [job.verify.count] : []),
    ...(candidates === null ? [] : [candidates.tileBlocks]),
  ]);
};

export interface FinalizationNumbers {
  readonly jobId: string;
  readonly run: number;
  readonly grouping: string;
  readonly thresholdBits: number;
  readonly edges: number;
  readonly flatImages: number;
  readonly groups: number;
  readonly groupedImages: number;
  readonly lineage: number;
  readonly step: number;
  readonly decisions: number | null;
  readonly imageDigests: Uint8Array | null;
  readonly unverifiedPairs: number | null;
}

/** The digest of a result's numbers and of its other digests. */
export const finalizationDigest = (row: FinalizationNumbers, digests: Omit<ResultDigests, "result">): string =>
  digestOf([
    [row.jobId, row.run, row.grouping, row.thresholdBits, row.edges, row.flatImages, row.groups, row.groupedImages],
    [row.lineage, row.step, row.decisions],
    row.imageDigests === null ? null : hash("sha256", row.imageDigests),
    [digests.plan, digests.blocks, digests.edges, digests.groups, digests.matches, digests.equalImages],
    ...(digests.verdicts === undefined ? [] : [digests.verdicts]),
    ...(row.unverifiedPairs === null ? [] : [row.unverifiedPairs]),
  ]);
