import type { Bus } from "@lookalike/shared/bus/connect";
import { type Endpoint, EndpointError, endpoint } from "@lookalike/shared/bus/endpoints";
import { readStream } from "@lookalike/shared/bus/read";
import { STREAMS, subjects } from "@lookalike/shared/bus/topology";
import { decodeEvent, type JobEvent } from "@lookalike/shared/domain/job/events";
import { findJob, lockJob } from "@lookalike/shared/store/jobs/jobs";
import { appliedEvents } from "@lookalike/shared/store/jobs/outbox";
import type { Db } from "@lookalike/shared/store/open";
import {
  applyShadow,
  compareShadow,
  copyClaimed,
  isEqual,
  openShadow,
  type Shadow,
} from "@lookalike/shared/store/replay/shadow";
import { compareResult, verifyResult } from "@lookalike/shared/store/schema";
import { z } from "zod";
import { applyEvents } from "../apply-events.ts";
import type { Coordinator } from "../environment.ts";
import { JobRequest } from "./jobs.ts";
import { verifyFinalization } from "./verify-result.ts";

const COMPUTE_AGAIN = "A job of mode full of its catalog computes all again, once this one is over; cancel ends it.";

/** An event of a listing holds up to a thousand images. */
const EVENTS_PER_BATCH = 100;

/** The endpoint that rebuilds a job from the log. */
export const replayEndpoint = (coordinator: Coordinator): Endpoint =>
  endpoint({
    name: "replay",
    about: "Rebuild a job from the log and compare; apply swaps it in",
    request: JobRequest.extend({ apply: z.boolean().default(false) }),
    handle: ({ job, apply }) => replay(coordinator, job, apply),
  });

/**
 * Folds a job's events into empty tables beside the live ones, and compares. With `apply` it then
 * folds the newest events under the job's row lock, so that no event that the live projection has
 * is missing, and replaces the rows that differ.
 */
const replay = async ({ bus, store, environment, dispatch }: Coordinator, id: string, apply: boolean) => {
  const schemaName = `shadow_${id.replaceAll(/\W/g, "_").toLowerCase()}_${process.pid}`;
  const shadow = await openShadow(store, environment.DATABASE_URL, schemaName);
  try {
    const folding = foldingOf(bus, shadow, id);
    const started = performance.now();
    await folding.catchUp();
    const row = await findJob(shadow.store.db, id);
    if (row === null)
      throw new EndpointError(
        404,
        `${id}: the log has no job-accepted of this job; events are kept for 30 days. Its rows stay as they are. ${COMPUTE_AGAIN}`,
      );
    const seconds = (performance.now() - started) / 1_000;
    const compared = { id, catalogId: row.catalogId };
    let tables = await compareShadow(store, schemaName, compared);
    const applies = apply && !tables.every(isEqual);
    if (applies) {
      await store.db.transaction(async (tx) => {
        await lockJob(tx, id);
        await folding.catchUp();
        refuseGaps(id, await appliedEvents(tx, id), folding.eventIds);
        tables = await compareShadow(store, schemaName, compared);
        await applyShadow(tx, schemaName, compared, tables);
      });
      dispatch(id);
    }
    const result = await checkResult(store.db, id);
    return {
      job: id,
      ...folding.counts,
      seconds: Math.round(seconds * 1_000) / 1_000,
      state: row.state,
      equal: tables.every(isEqual) && result.problems.length === 0,
      applied: applies,
      tables,
      result,
    };
  } finally {
    await shadow.drop();
  }
};

/** @throws EndpointError where the log lacks events that the job's rows were folded from: to apply it would take them back */
const refuseGaps = (id: string, applied: readonly string[], folded: ReadonlySet<string>): void => {
  const lost = applied.filter((eventId) => !folded.has(eventId));
  if (lost.length === 0) return;
  throw new EndpointError(
    409,
    `${id}: the log has lost ${lost.length} of its events, ${lost[0]} first, and to apply it would take them back. Its rows stay as they are. ${COMPUTE_AGAIN}`,
  );
};

/** Groups are not folded but computed: a replay shows whether they are as they were stored. */
const checkResult = async (db: Db, id: string): Promise<{ problems: string[]; advice?: string }> => {
  const problems: string[] = [];
  const row = await findJob(db, id);
  if (row?.state === "completed" && row.mode !== "shadow")
    await verifyFinalization(db, row, { report: (problem) => problems.push(problem), leaveOut: () => undefined });
  if (problems.length === 0) return { problems };
  return { problems: problems.slice(0, PROBLEMS_LISTED), advice: "rerun-finalize groups the job again." };
};

const PROBLEMS_LISTED = 100;

/** Folds the events of one job into a shadow; each call of `catchUp` continues where the last one ended. */
const foldingOf = (bus: Bus, { store: { db } }: Shadow, job: string) => {
  const eventIds = new Set<string>();
  const counts = { events: 0, refused: [] as { eventId: string; reason: string }[], unreadable: 0 };
  let last = 0;
  const fold = async (batch: readonly JobEvent[]): Promise<void> => {
    for (const { type, body } of batch) {
      if (type === "pair-batch-done" && body.edges === null) await copyClaimed(db, compareResult, job, body.task);
      if (type === "verify-done" && body.results === null) await copyClaimed(db, verifyResult, job, body.task);
    }
    const { refused } = await applyEvents(db, batch);
    counts.events += batch.length;
    for (const { eventId } of batch) eventIds.add(eventId);
    for (const { event, reason } of refused) counts.refused.push({ eventId: event.eventId, reason });
  };
  const catchUp = async (): Promise<void> => {
    let batch: JobEvent[] = [];
    for await (const { sequence, body } of readStream(bus, STREAMS.events, subjects.eventsOf(job), last)) {
      last = sequence;
      const event = decodeEvent(body);
      if (event === null) counts.unreadable += 1;
      else batch.push(event);
      if (batch.length < EVENTS_PER_BATCH) continue;
      await fold(batch);
      batch = [];
    }
    if (batch.length > 0) await fold(batch);
  };
  return { counts, eventIds: eventIds as ReadonlySet<string>, catchUp };
};
