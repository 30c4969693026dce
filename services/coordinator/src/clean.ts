import { type Loop, startLoop } from "@lookalike/shared/runtime/loop";
import { pruneRequests } from "@lookalike/shared/store/access/idempotency";
import { pruneSessions } from "@lookalike/shared/store/access/sessions";
import { deleteHiddenRows } from "@lookalike/shared/store/catalog/catalogs";
import { pruneOutbox } from "@lookalike/shared/store/jobs/outbox";
import type { Db } from "@lookalike/shared/store/open";

const PAUSE_MS = 2_000;
const OUTBOX_DAYS = 7;
const IDEMPOTENCY_HOURS = 24;

/** Deletes the rows of deleted catalogs, part by part. */
export const startCleaner = (db: Db, onError: (error: unknown) => void): Loop =>
  startLoop(
    PAUSE_MS,
    async () => {
      while (await deleteHiddenRows(db));
    },
    onError,
  );

/** Deletes old messages and stored answers, and sessions that are over. */
export const prune = async (db: Db): Promise<void> => {
  await pruneOutbox(db, OUTBOX_DAYS);
  await pruneRequests(db, IDEMPOTENCY_HOURS);
  await pruneSessions(db);
};
