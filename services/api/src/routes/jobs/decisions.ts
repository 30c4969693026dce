import { keepersByRule } from "@lookalike/shared/domain/review/bulk-rule";
import type { JobRow } from "@lookalike/shared/store/jobs/jobs";
import type { Db } from "@lookalike/shared/store/open";
import { getGroup, readGroupsToDecide } from "@lookalike/shared/store/results/groups";
import {
  appendDecisions,
  type NewDecision as DecisionValues,
  latestResult,
  lockCatalog,
} from "@lookalike/shared/store/review/decisions";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { IfMatch, requireMatch } from "../../http/if-match.ts";
import { HttpProblem, notFound } from "../../http/problems.ts";
import { groupsOf, jobReader } from "../../http/tenant-scope.ts";
import { BulkDecision, BulkResult, Decision, decisionResource, NewDecision } from "../../resources/decision.ts";
import { groupEtag, groupResources } from "../../resources/group.ts";
import { Problem } from "../../resources/problem.ts";

/** Decisions are about what is shown now: a later job may have other groups under the same numbers. */
const requireLatest = async (db: Db, { id, catalogId }: JobRow): Promise<void> => {
  const latest = await latestResult(db, catalogId);
  if (latest?.jobId !== id)
    throw new HttpProblem(
      409,
      "superseded",
      latest === null
        ? "This job has no groups yet. Wait until it is over."
        : `A newer job has grouped this catalog: decide on the groups of job ${latest.jobId}.`,
    );
};

export const jobDecisionRoutes =
  (db: Db): FastifyPluginAsyncZod =>
  async (app) => {
    const readJob = jobReader(db);

    app.post(
      "/jobs/:job/groups/:number/decisions",
      {
        schema: {
          tags: ["decisions"],
          summary: "Decide on a group: which images stay, or that they are no duplicates",
          params: z.object({ job: z.string(), number: z.coerce.number().int().min(1).max(2_147_483_647) }),
          headers: IfMatch,
          body: NewDecision,
          response: { 201: Decision, 400: Problem, 404: Problem, 409: Problem, 412: Problem },
        },
      },
      async ({ access, params, body, headers }, reply) => {
        const job = await readJob(access, params.job);
        const made = await db.transaction(async (tx) => {
          await lockCatalog(tx, job.catalogId);
          await requireLatest(tx, job);
          const row = await getGroup(tx, groupsOf(job), params.number);
          const [group] = await groupResources(tx, row === null ? [] : [row]);
          if (group === undefined) throw notFound("group", String(params.number));
          requireMatch(headers, groupEtag(group), "Someone decided on this group since you read it. Read it again.");
          if (group.decision !== null)
            throw new HttpProblem(409, "decided", `This group is decided by ${group.decision.id}. Undo that first.`);
          const members = group.members.map(({ ordinal }) => ordinal);
          const keep = body.verdict === "keep" ? [...new Set(body.keep)].sort((a, b) => a - b) : members;
          const strangers = keep.filter((ordinal) => !members.includes(ordinal));
          if (strangers.length > 0)
            throw new HttpProblem(400, "not-a-member", `Image ${strangers[0]} is not in group ${params.number}.`);
          const decision = { groupNumber: group.number, verdict: body.verdict, members, keep };
          return appendDecisions(tx, job.catalogId, { jobId: job.id, run: job.run }, access.name, [decision]);
        });
        const [decision] = made.map(decisionResource);
        if (decision === undefined) throw new Error("a decision was stored, but not returned");
        return reply
          .code(201)
          .header("location", `/v1/catalogs/${job.catalogId}/decisions/${decision.id}`)
          .send(decision);
      },
    );

    app.post(
      "/jobs/:job/decisions",
      {
        schema: {
          tags: ["decisions"],
          summary: "Decide every undecided group of some kinds by one rule; first as a preview",
          params: z.object({ job: z.string() }),
          body: BulkDecision,
          response: { 200: BulkResult, 400: Problem, 404: Problem, 409: Problem },
        },
      },
      async ({ access, params, body }) => {
        const job = await readJob(access, params.job);
        return db.transaction(async (tx) => {
          await lockCatalog(tx, job.catalogId);
          await requireLatest(tx, job);
          const decisions: DecisionValues[] = [];
          let [kept, removed, reclaimableBytes] = [0, 0, 0];
          for (const kind of new Set(body.kinds)) {
            const filter = { kind, minSize: null, minReclaimableBytes: body.minReclaimableBytes, decided: false };
            for (const group of await readGroupsToDecide(tx, groupsOf(job), filter)) {
              const keep = keepersByRule(group, body.keepUnder);
              if (keep === null) continue;
              const members = group.members.map(({ ordinal }) => ordinal);
              decisions.push({ groupNumber: group.number, verdict: "keep", members, keep });
              const goes = group.members.filter(({ ordinal }) => !keep.includes(ordinal));
              kept += keep.length;
              removed += goes.length;
              reclaimableBytes += goes.reduce((sum, { bytes }) => sum + bytes, 0);
            }
          }
          if (!body.preview)
            await appendDecisions(tx, job.catalogId, { jobId: job.id, run: job.run }, access.name, decisions);
          return { preview: body.preview, groups: decisions.length, kept, removed, reclaimableBytes };
        });
      },
    );
  };
