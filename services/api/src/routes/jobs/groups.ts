import type { Db } from "@lookalike/shared/store/open";
import type { GroupFilter, GroupOrder } from "@lookalike/shared/store/results/groups";
import { getGroup, listGroups } from "@lookalike/shared/store/results/groups";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { decodeCursor, PageQuery, page, pageOf } from "../../http/cursor.ts";
import { HttpProblem, notFound } from "../../http/problems.ts";
import { groupsOf, jobReader } from "../../http/tenant-scope.ts";
import { pairsAmong } from "../../query/pairs.ts";
import { Group, GroupDetail, GroupQuery, groupEtag, groupResources } from "../../resources/group.ts";
import { Problem } from "../../resources/problem.ts";

const filterOf = (query: z.infer<typeof GroupQuery>): GroupFilter => ({
  kind: query.kind ?? null,
  minSize: query.minSize ?? null,
  minReclaimableBytes: query.minReclaimableBytes ?? null,
  decided: query.decided === undefined ? null : query.decided === "true",
});

/** A position among groups by what they would free: `bytes:number`. */
const reclaimableAfter = (cursor: string): { bytes: number; number: number } | null => {
  if (cursor === "") return null;
  const [bytes, number] = cursor.split(":").map(Number);
  if (!Number.isSafeInteger(bytes) || !Number.isSafeInteger(number))
    throw new HttpProblem(400, "bad-cursor", "The cursor belongs to another order: start from the first page.");
  return { bytes: bytes ?? 0, number: number ?? 0 };
};

export const groupRoutes =
  (db: Db): FastifyPluginAsyncZod =>
  async (app) => {
    const readJob = jobReader(db);

    app.get(
      "/jobs/:job/groups",
      {
        config: { kept: true },
        schema: {
          tags: ["groups"],
          summary: "The job's groups, by number or most reclaimable first",
          params: z.object({ job: z.string() }),
          querystring: PageQuery.extend(GroupQuery.shape).extend({
            order: z.enum(["number", "reclaimable"]).default("number"),
          }),
          response: { 200: pageOf(Group), 400: Problem, 404: Problem },
        },
      },
      async ({ access, params, query }) => {
        const of = groupsOf(await readJob(access, params.job));
        const { limit } = query;
        const order: GroupOrder =
          query.order === "number"
            ? { by: "number", after: decodeCursor(query.cursor, 0) }
            : { by: "reclaimable", after: reclaimableAfter(decodeCursor(query.cursor, "")) };
        const rows = await listGroups(db, of, filterOf(query), order, limit + 1);
        const { items, next } = page(rows, limit, ({ number, reclaimableBytes }) =>
          order.by === "number" ? number : `${reclaimableBytes}:${number}`,
        );
        return { items: await groupResources(db, items), next };
      },
    );

    app.get(
      "/jobs/:job/groups/:number",
      {
        config: { kept: true },
        schema: {
          tags: ["groups"],
          summary: "One group with the distances between its members; ETag for deciding",
          params: z.object({ job: z.string(), number: z.coerce.number().int().min(1).max(2_147_483_647) }),
          response: { 200: GroupDetail, 400: Problem, 404: Problem },
        },
      },
      async ({ access, params }, reply) => {
        const of = groupsOf(await readJob(access, params.job));
        const row = await getGroup(db, of, params.number);
        const [group] = await groupResources(db, row === null ? [] : [row]);
        if (group === undefined) throw notFound("group", String(params.number));
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
