import type { Bus } from "@lookalike/shared/bus/connect";
import { type Endpoint, endpoint } from "@lookalike/shared/bus/endpoints";
import { consumerBacklog, countBySubject } from "@lookalike/shared/bus/read";
import { STREAMS, subjects } from "@lookalike/shared/bus/topology";
import { decodeEdges, edgeCount } from "@lookalike/shared/domain/grouping/edges";
import { countState, lengthFault } from "@lookalike/shared/domain/image/hash-block";
import { hashBlockDigest, partDigest } from "@lookalike/shared/domain/job/digest";
import { type Job, planOf, workOf } from "@lookalike/shared/domain/job/job";
import { taskCount } from "@lookalike/shared/domain/job/plan";
import { progressOf } from "@lookalike/shared/domain/job/progress";
import { WorkKind } from "@lookalike/shared/domain/job/task";
import { outstanding, settled } from "@lookalike/shared/domain/job/work";
import { has, members, size } from "@lookalike/shared/domain/primitives/bit-set";
import { readEvidenceParts } from "@lookalike/shared/store/blocks/block-evidence";
import { DIGESTED_COLUMNS, readBlocks } from "@lookalike/shared/store/blocks/hash-blocks";
import { findJob, type JobRow, jobOf, overpublishedKinds } from "@lookalike/shared/store/jobs/jobs";
import type { Db } from "@lookalike/shared/store/open";
import { faultOfParts, readResults } from "@lookalike/shared/store/results/compare-results";
import { readPlace } from "@lookalike/shared/store/results/results";
import {
  faultOfResult,
  readVerifyResults,
  unverifiedTasks,
  type VerifyResultRow,
} from "@lookalike/shared/store/results/verify-results";
import { JobRequest, requested } from "./jobs.ts";
import { verifyFinalization } from "./verify-result.ts";

const PROBLEMS_LISTED = 100;
type Report = (problem: string) => void;

/** The endpoint that checks a job's row, blocks, results, events and groups against each other. */
export const verifyEndpoint = (bus: Bus, db: Db): Endpoint =>
  endpoint({
    name: "verify",
    about: "Check all that is stored of a job against each other",
    request: JobRequest,
    handle: async ({ job: id }) => {
      const row = requested(await findJob(db, id), id);
      const job = jobOf(row);
      const problems: string[] = [];
      const notChecked: string[] = [];
      const report = (problem: string) => problems.push(problem);
      const leaveOut = (what: string) => notChecked.push(what);
      verifyPlan(row, job, report);
      const checked = {
        blocks: await verifyBlocks(db, job, report),
        results: await verifyResults(db, job, report),
        verifications: await verifyVerifications(db, job, report),
        events: await verifyLog(bus, job, report),
        groups: await verifyResult(bus, db, row, report, leaveOut),
      };
      await verifyWindow(bus, job, report);
      return {
        job: id,
        state: row.state,
        ok: problems.length === 0,
        checked,
        notChecked,
        problems: problems.slice(0, PROBLEMS_LISTED),
      };
    },
  });

/** The row agrees with the arithmetic of the plan. */
const verifyPlan = (row: JobRow, job: Job, report: Report): void => {
  if (job.listing !== null && taskCount(planOf(job)) !== job.compare.count)
    report(`plan: ${taskCount(planOf(job))} tasks by arithmetic, ${job.compare.count} stored`);
  for (const kind of WorkKind.options) {
    const { count, cursor, done, quarantined } = job[kind];
    if (cursor > count) report(`${kind}: cursor ${cursor} is beyond the plan's ${count}`);
    for (let unit = 0; unit < count; unit += 1)
      if (has(done, unit) && has(quarantined, unit)) report(`${kind} ${unit}: both done and quarantined`);
  }
  for (const kind of overpublishedKinds(row)) report(`${kind}: more is published than was dispatched`);
  for (const [name, value] of Object.entries(progressOf(job)))
    if (row[name as keyof JobRow] !== value)
      report(`progress: ${name} is ${row[name as keyof JobRow]}, its sets give ${value}`);
};

/** Each block that is done is stored, and its bytes have its digest, as those of its evidence have. @returns blocks read */
const verifyBlocks = async (db: Db, job: Job, report: Report): Promise<number> => {
  const missing = new Set(members(job.hash.done, job.hash.count));
  const expected = [...missing];
  const columns = [...DIGESTED_COLUMNS, "failedImages"] as const;
  for await (const block of readBlocks(db, job.catalog, expected, columns)) {
    missing.delete(block.block);
    if (hashBlockDigest(block) !== block.digest) report(`block ${block.block}: its bytes differ from its digest`);
    const fault = lengthFault(block);
    if (fault !== null) report(`block ${block.block}: ${fault} is missing`);
    const { fault: evidenceFault } = await readEvidenceParts(db, job.catalog, block);
    if (evidenceFault !== null) report(`block ${block.block}: ${evidenceFault} differs from its digest, or is missing`);
    if (countState(block, "failed") !== block.failedImages)
      report(
        `block ${block.block}: ${block.failedImages} failed images by count, ${countState(block, "failed")} in it`,
      );
  }
  for (const number of missing) report(`block ${number}: done, but not stored`);
  return expected.length - missing.size;
};

/** Each task that is done has its edges stored, all parts of them. @returns rows read */
const verifyResults = async (db: Db, job: Job, report: Report): Promise<number> => {
  const partsOf = new Map<number, { part: number; digest: string; resultDigest: string | null }[]>();
  let read = 0;
  for await (const { task, part, edges, edgeCount: count, digest, resultDigest: whole } of readResults(db, job.id)) {
    read += 1;
    partsOf.set(task, [...(partsOf.get(task) ?? []), { part, digest, resultDigest: whole }]);
    if (partDigest(edges) !== digest) report(`task ${task}/${part}: its bytes differ from its digest`);
    else if (edgeCount(decodeEdges(edges)) !== count)
      report(`task ${task}/${part}: ${count} edges stored by count, not by bytes`);
  }
  for (const task of members(job.compare.done, job.compare.count)) {
    const fault = faultOfParts(partsOf.get(task) ?? []);
    if (fault !== null) report(`task ${task}: done, but ${fault} is not stored`);
  }
  for (const task of partsOf.keys())
    if (!has(settled(job.compare), task) && job.state === "completed")
      report(`task ${task}: not done, but edges are stored`);
  return read;
};

/** Each verification that is done has its result stored, all parts of it. @returns rows read */
const verifyVerifications = async (db: Db, job: Job, report: Report): Promise<number> => {
  const partsOf = new Map<number, VerifyResultRow[]>();
  let read = 0;
  for await (const row of readVerifyResults(db, job.id)) {
    read += 1;
    partsOf.set(row.task, [...(partsOf.get(row.task) ?? []), row]);
    if (!has(job.verify.done, row.task)) report(`verification ${row.task}: not done, but its result is recorded`);
  }
  for (const [task, parts] of partsOf) {
    const fault = faultOfResult(parts);
    if (fault !== null) report(`verification ${task}: done, but ${fault} is not stored`);
  }
  for (const task of await unverifiedTasks(db, job.id))
    if (has(job.verify.done, task)) report(`verification ${task}: done, but the whole result is not stored`);
  return read;
};

/** The log has the events that the projection was folded from. @returns events in it */
const verifyLog = async (bus: Bus, job: Job, report: Report): Promise<number> => {
  const counts = await countBySubject(bus, STREAMS.events, subjects.eventsOf(job.id));
  const of = (type: string) => counts[subjects.event(type, { tenant: job.tenant, job: job.id })] ?? 0;
  const expected = {
    "job-accepted": 1,
    "listing-done": job.listing === null ? 0 : 1,
    "pair-batch-done": size(job.compare.done),
    "job-finalized": job.state === "completed" ? job.run : 0,
  };
  for (const [type, least] of Object.entries(expected))
    if (of(type) < least)
      report(`log: ${of(type)} events ${type}, at least ${least} expected (they are kept for 30 days)`);
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
};

/** A completed job was finalized once in each run, and its result is as it was stored. @returns groups read */
const verifyResult = async (bus: Bus, db: Db, row: JobRow, report: Report, leaveOut: Report): Promise<number> => {
  const job = jobOf(row);
  if (job.state !== "completed") {
    const isFinalized = (await readPlace(db, { jobId: job.id, run: job.run })) !== null;
    if (isFinalized && job.state !== "finalizing") report(`job: ${job.state}, but run ${job.run} has a result`);
    return 0;
  }
  const subject = subjects.finalize(job.run, { tenant: job.tenant, job: job.id });
  const orders = (await countBySubject(bus, STREAMS.finalize, subject))[subject] ?? 0;
  if (orders !== 1) report(`finalize: ${orders} orders for run ${job.run}, not 1`);
  // Ends with the roll-out: decision 0037.
  return job.mode === "shadow" ? 0 : verifyFinalization(db, row, { report, leaveOut });
};

/** A worker holds or awaits each task that is dispatched. */
const verifyWindow = async (bus: Bus, job: Job, report: Report): Promise<void> => {
  if (job.state !== "running" || job.paused) return;
  for (const kind of WorkKind.options) {
    const out = outstanding(workOf(job, kind));
    if (out > 0 && (await consumerBacklog(bus, kind)) === 0)
      report(
        `${kind}: ${out} tasks are dispatched and no worker has or awaits one; the reconciler sends them again, or redrive does`,
      );
  }
};
