import type { Client } from "@lookalike/cli/client";
import type { Store } from "@lookalike/shared/store/open";

/** The job's groups in the form that tests compare: members, keeper and distances. */
export const groupsOf = async (client: Client, job: string): Promise<string[]> => {
  const groups: string[] = [];
  for await (const { kind, keeper, members } of client.groups(job)) {
    groups.push(
      `${kind}: ${members.map(({ ordinal, path, distance }) => `${ordinal === keeper ? "*" : ""}${path}/${distance}`).join(" ")}`,
    );
  }
  return groups;
};

/** The paths of each group's members. */
export const memberPathsOf = async (client: Client, job: string): Promise<string[][]> => {
  const groups: string[][] = [];
  for await (const { members } of client.groups(job)) groups.push(members.map(({ path }) => path));
  return groups;
};

/** A job's groups as they are stored, in the form and order that `groupImages` makes them. */
export const storedGroups = async (store: Store, job: string): Promise<unknown[]> => {
  const { rows } = await store.pool.query(
    `select kind, keeper, keeper_reason as "keeperReason", reclaimable_bytes::int as "reclaimableBytes",
       (select jsonb_agg(jsonb_build_object('ordinal', ordinal, 'distance', distance, 'damaged', damaged, 'sameFileAs', same_file_as,
         'kind', m.kind, 'probability', probability, 'via', via, 'comparison', comparison) order by ordinal)
        from group_member m where (m.lineage, m.number) = (g.lineage, g.number)) as members
     from image_group g join finalization f on f.lineage = g.lineage
     join job on (job.id, job.run) = (f.job_id, f.run)
     where job.id = $1 and from_step <= step and (to_step is null or to_step > step)
     order by (select array_agg(ordinal order by ordinal) from group_member m
       where (m.lineage, m.number) = (g.lineage, g.number))`,
    [job],
  );
  return rows;
};
