import type { Db } from "@lookalike/shared/store/open";
import { type GroupFilter, listGroups } from "@lookalike/shared/store/results/groups";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { type Order, PageQuery, pageOf, readPage } from "../../http/page.ts";
import { HttpProblem } from "../../http/problems.ts";
import { groupsOf, JobParams, jobReader } from "../../http/tenant-scope.ts";
import { pairsAmong } from "../../query/pairs.ts";
import {
  Group,
  GroupDetail,
  GroupParams,
  GroupQuery,
  type GroupRow,
  groupEtag,
  groupResources,
  readGroup,
} from "../../resources/group.ts";

const filterOf = (query: z.infer<typeof GroupQuery>): GroupFilter => ({
  kind: query.kind ?? null,
  minSize: query.minSize ?? null,
  minReclaimableBytes: query.minReclaimableBytes ?? null,
  decided: query.decided === undefined ? null : query.decided === "true",
});

const BY_NUMBER: Order<GroupRow, number> = { start: 0, positionOf: ({ number }) => number };
const BY_RECLAIMABLE: Order<GroupRow, string> = {
  start: "",
  positionOf: ({ reclaimableBytes, number }) => `${reclaimableBytes}:${number}`,
};

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
          summary: "The job's groups, by number or most reclaimable first",
          params: JobParams,
          querystring: PageQuery.extend(GroupQuery.shape).extend({
            order: z.enum(["number", "reclaimable"]).default("number"),
          }),
          response: { 200: pageOf(Group) },
        },
      },
      async ({ access, params, query }) => {
        const of = groupsOf(await readJob(access, params.job));
        const filter = filterOf(query);
        const { items, next } =
          query.order === "number"
            ? await readPage(query, BY_NUMBER, ({ after, limit }) =>
                listGroups(db, of, filter, { by: "number", after }, limit),
              )
            : await readPage(query, BY_RECLAIMABLE, ({ after, limit }) =>
                listGroups(db, of, filter, { by: "reclaimable", after: reclaimableAfter(after) }, limit),
              );
        return { items: await groupResources(db, items), next };
      },
    );

    app.get(
      "/jobs/:job/groups/:number",
      {
        config: { isCached: true },
        schema: {
          summary: "One group with the distances between its members; ETag for deciding",
          params: GroupParams,
          response: { 200: GroupDetail },
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
