import type { Db } from "@lookalike/shared/store/open";
import { type GroupFilter, type GroupOrder, listGroups } from "@lookalike/shared/store/results/groups";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { PageQuery, pageOf, readPage } from "../../http/page.ts";
import { HttpProblem } from "../../http/problems.ts";
import { groupsOf, JobParams, jobReader } from "../../http/tenant-scope.ts";
import { pairsAmong } from "../../query/pairs.ts";
import {
  Group,
  GroupDetail,
  GroupParams,
  GroupQuery,
  groupEtag,
  groupResources,
  readGroup,
} from "../../resources/group.ts";
import { Problem } from "../../resources/problem.ts";

const filterOf = (query: z.infer<typeof GroupQuery>): GroupFilter => ({
  kind: query.kind ?? null,
  minSize: query.minSize ?? null,
  minReclaimableBytes: query.minReclaimableBytes ?? null,
  decided: query.decided === undefined ? null : query.decided === "true",
});

/** Reads a position in the order of reclaimable bytes, `bytes:number`; null = before the first group. */
const reclaimableAfter = (position: string): { bytes: number; number: number } | null => {
  if (position === "") return null;
  const [, bytes, number] = /^(\d{1,15}):(\d{1,10})$/.exec(position) ?? [];
  if (bytes === undefined || number === undefined)
    throw new HttpProblem(400, "bad-cursor", "The cursor belongs to another order: start from the first page.");
  return { bytes: Number(bytes), number: Number(number) };
};

export const groupRoutes =
  (db: Db): FastifyPluginAsyncZod =>
  async (app) => {
    const readJob = jobReader(db);

    app.get(
      "/jobs/:job/groups",
      {
        config: { isCached: true },
        schema: {
          tags: ["groups"],
          summary: "The job's groups, by number or most reclaimable first",
          params: JobParams,
          querystring: PageQuery.extend(GroupQuery.shape).extend({
            order: z.enum(["number", "reclaimable"]).default("number"),
          }),
          response: { 200: pageOf(Group), 400: Problem, 404: Problem },
        },
      },
      async ({ access, params, query }) => {
        const of = groupsOf(await readJob(access, params.job));
        const read = (order: GroupOrder, limit: number) => listGroups(db, of, filterOf(query), order, limit);
        const { items, next } =
          query.order === "number"
            ? await readPage(
                query,
                0,
                (after, limit) => read({ by: "number", after }, limit),
                ({ number }) => number,
              )
            : await readPage(
                query,
                "",
                (position, limit) => read({ by: "reclaimable", after: reclaimableAfter(position) }, limit),
                ({ reclaimableBytes, number }) => `${reclaimableBytes}:${number}`,
              );
        return { items: await groupResources(db, items), next };
      },
    );

    app.get(
      "/jobs/:job/groups/:number",
      {
        config: { isCached: true },
        schema: {
          tags: ["groups"],
          summary: "One group with the distances between its members; ETag for deciding",
          params: GroupParams,
          response: { 200: GroupDetail, 400: Problem, 404: Problem },
        },
      },
      async ({ access, params }, reply) => {
        const of = groupsOf(await readJob(access, params.job));
        const group = await readGroup(db, of, params.number);
        reply.header("etag", groupEtag(group));
        return {
          ...group,
          pairs: await pairsAmong(
            db,
            of,
            group.members.map(({ ordinal }) => ordinal),
          ),
        };
      },
    );
  };
