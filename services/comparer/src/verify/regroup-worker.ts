import type { FindDamage } from "@lookalike/shared/domain/grouping/check-keeper";
import { groupDigest } from "@lookalike/shared/domain/grouping/result-digest";
import { missingData } from "@lookalike/shared/runtime/errors";
import { findJob } from "@lookalike/shared/store/jobs/jobs";
import { openStore } from "@lookalike/shared/store/open";
import { findFinalization, readGroups } from "@lookalike/shared/store/results/result-digests";
import type { NewGroup } from "@lookalike/shared/store/results/results";
import { groupImages } from "../finalize/group-images.ts";

export interface RegroupRequest {
  readonly databaseUrl: string;
  readonly jobId: string;
}

export interface RegroupAnswer {
  readonly groups: number;
  /** How the groups that follow from hashes, edges and decisions differ from those that are stored. */
  readonly problems: readonly string[];
}

const CONNECTIONS = 2;
const MEMBERS_NAMED = 5;

/** Runs in a worker thread: groups a completed job again, by all its images, and compares the groups with the stored ones. */
export default async ({ databaseUrl, jobId }: RegroupRequest): Promise<RegroupAnswer> => {
  const store = await openStore(databaseUrl, "lookalike-verify", CONNECTIONS);
  try {
    const job = await findJob(store.db, jobId);
    const result = job === null ? null : await findFinalization(store.db, { jobId, run: job.run });
    if (job === null || result === null) throw missingData([`the result of job ${jobId}`], "rerun-finalize makes one.");
    const stored = new Map<string, number>();
    const damage = new Map<number, string>();
    let groups = 0;
    for await (const group of readGroups(store.db, { jobId, run: job.run })) {
      groups += 1;
      stored.set(contentOf(group), group.number);
      for (const { ordinal, damaged } of group.members) if (damaged !== null) damage.set(ordinal, damaged);
    }
    // Files may have changed since, so what was found in them is taken from the result.
    const findDamage: FindDamage = async (member, sameSize) =>
      new Map(
        [member, ...sameSize].flatMap(({ ordinal }) => {
          const damaged = damage.get(ordinal);
          return damaged === undefined ? [] : [[ordinal, damaged]];
        }),
      );
    const again = await groupImages(store.db, job, false, findDamage, result.decisions ?? undefined);
    const problems: string[] = [];
    for (const group of again.groups)
      if (!stored.delete(contentOf({ ...group, size: group.members.length })))
        problems.push(`images ${namesOf(group)}: are no such group in the result`);
    for (const number of stored.values()) problems.push(`group ${number}: does not follow from hashes and edges`);
    if (again.flatImages !== result.flatImages)
      problems.push(`result: ${result.flatImages} flat images by count, ${again.flatImages} in the blocks`);
    return { groups, problems };
  } finally {
    await store.close();
  }
};

/** What a group says, whatever its number. */
const contentOf = (group: Omit<Parameters<typeof groupDigest>[0], "number">): string =>
  groupDigest({ ...group, number: 0 });

const namesOf = ({ members }: NewGroup): string =>
  members
    .slice(0, MEMBERS_NAMED)
    .map(({ ordinal }) => ordinal)
    .join(", ");
