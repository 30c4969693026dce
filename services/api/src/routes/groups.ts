import { bytesOfName } from "@lookalike/shared/domain/image/file-name";
import type { CatalogRow } from "@lookalike/shared/store/catalog/catalogs";
import { findImages, findOrdinals } from "@lookalike/shared/store/catalog/images";
import type { Db } from "@lookalike/shared/store/open";
import { type GroupOrder, listGroups } from "@lookalike/shared/store/results/groups";
import { z } from "zod";
import { operation, type Version1 } from "../http/operation.ts";
import { type Order, pageOf, readPage } from "../http/page.ts";
import { found, HttpProblem, Problem } from "../http/problems.ts";
import { groupsOf, readCatalog } from "../plugins/tenant-scope.ts";
import { pairsAmong } from "../query/pairs.ts";
import { type LookAt, whyOf } from "../query/why.ts";
import {
  Group,
  GroupDetail,
  GroupParams,
  GroupQuery,
  groupEtag,
  groupResources,
  readGroup,
} from "../resources/group.ts";
import { Why } from "../resources/why.ts";

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

/** An image by its ordinal, or by its path. */
const ImageName = z.string().min(1).max(4_096).meta({ description: "An image's ordinal, or its path in the source" });

/** The ordinal of a live image of the catalog. @throws HttpProblem 404 */
const ordinalOf = async (db: Db, catalog: CatalogRow, name: string): Promise<number> => {
  if (/^\d{1,9}$/.test(name)) return Number(name);
  const live = await findImages(db, catalog, await findOrdinals(db, catalog.id, [bytesOfName(name)]));
  return found(live[0], "image", name).ordinal;
};

export const groupRoutes = (app: Version1, lookAt: LookAt): void => {
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

  app.get(
    "/jobs/:job/why",
    operation(
      "Why two images are in one group, or not: every number and rule, what decided, and what would have to change",
      { 200: Why, 409: Problem },
      { querystring: z.object({ a: ImageName, b: ImageName }), config: { kind: "picture" } },
    ),
    async ({ access, db, job, query }) => {
      const catalog = await readCatalog(db, access, job.catalogId);
      const ordinals = { a: await ordinalOf(db, catalog, query.a), b: await ordinalOf(db, catalog, query.b) };
      return whyOf(db, lookAt, catalog, job, ordinals);
    },
  );
};
