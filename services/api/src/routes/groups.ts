import { type GroupOrder, listGroups } from "@lookalike/shared/store/results/groups";
import type { z } from "zod";
import { operation, type Version1 } from "../http/operation.ts";
import { type Order, pageOf, readPage } from "../http/page.ts";
import { HttpProblem } from "../http/problems.ts";
import { groupsOf } from "../plugins/tenant-scope.ts";
import { pairsAmong } from "../query/pairs.ts";
import {
  Group,
  GroupDetail,
  GroupParams,
  GroupQuery,
  groupEtag,
  groupResources,
  readGroup,
} from "../resources/group.ts";

const BY_NUMBER: Order<z.infer<typeof Group>, number> = { start: 0, positionOf: ({ number }) => number };
const NEWEST: Order<z.infer<typeof Group>, number> = { ...BY_NUMBER, start: 2_147_483_647 };
const BY_RECLAIMABLE: Order<z.infer<typeof Group>, string> = {
  start: "999999999999999:0",
  positionOf: ({ reclaimableBytes, number }) => `${reclaimableBytes}:${number}`,
};

/** Reads a position in the order of reclaimable bytes, `bytes:number`. */
const reclaimableAfter = (position: string): { bytes: number; number: number } => {
  const [, bytes, number] = /^(\d{1,15}):(\d{1,10})$/.exec(position) ?? [];
  if (bytes === undefined || number === undefined)
    throw new HttpProblem(400, "bad-cursor", "The cursor belongs to another order: start from the first page.");
  return { bytes: Number(bytes), number: Number(number) };
};

export const groupRoutes = (app: Version1): void => {
  app.get(
    "/jobs/:job/groups",
    operation(
      "The job's groups, by number, newest or most reclaimable first",
      { 200: pageOf(Group) },
      { querystring: GroupQuery, config: { isCached: true } },
    ),
    async ({ db, job, query }) => {
      const of = groupsOf(job);
      const read = async (order: GroupOrder, limit: number) =>
        groupResources(db, await listGroups(db, of, query, order, limit));
      switch (query.order) {
        case "number":
          return readPage(query, BY_NUMBER, ({ after, limit }) => read({ by: "number", after }, limit));
        case "newest":
          return readPage(query, NEWEST, ({ after, limit }) => read({ by: "newest", after }, limit));
        case "reclaimable":
          return readPage(query, BY_RECLAIMABLE, ({ after, limit }) =>
            read({ by: "reclaimable", after: reclaimableAfter(after) }, limit),
          );
      }
    },
  );

  app.get(
    "/jobs/:job/groups/:number",
    operation(
      "One group with the distances between its members; ETag for deciding",
      { 200: GroupDetail },
      { params: GroupParams, config: { isCached: true } },
    ),
    async ({ db, job, params }, reply) => {
      const group = await readGroup(db, groupsOf(job), params.number);
      reply.header("etag", groupEtag(group));
      const ordinals = group.members.map(({ ordinal }) => ordinal);
      return { ...group, pairs: await pairsAmong(db, job, ordinals) };
    },
  );
};
