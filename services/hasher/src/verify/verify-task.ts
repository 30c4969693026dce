import { swapped, VERIFICATION } from "@lookalike/engine/verify/pair-verdict";
import type { PictureView } from "@lookalike/engine/verify/picture-view";
import type { Bus } from "@lookalike/shared/bus/connect";
import { resultEvent } from "@lookalike/shared/bus/messages";
import { publish } from "@lookalike/shared/bus/publish";
import {
  byOrdinals,
  decodeVerdict,
  encodeVerifiedPairs,
  type PairVerdict,
  type VerifiedPair,
} from "@lookalike/shared/domain/grouping/verified-pairs";
import type { ListedImage } from "@lookalike/shared/domain/image/listed-image";
import { CopyKind } from "@lookalike/shared/domain/image/pair-kind";
import { INLINE_RESULT_BYTES, partDigest, resultDigest } from "@lookalike/shared/domain/job/digest";
import type { TaskOf } from "@lookalike/shared/domain/job/task";
import { toHex } from "@lookalike/shared/domain/primitives/encoding";
import { groupBy } from "@lookalike/shared/domain/primitives/group-by";
import { messageOf } from "@lookalike/shared/runtime/errors";
import type { Logger } from "@lookalike/shared/runtime/log";
import { pairsVerified } from "@lookalike/shared/runtime/metrics";
import { SourceRefused } from "@lookalike/shared/sources/source-roots";
import { type CatalogRow, getCatalog } from "@lookalike/shared/store/catalog/catalogs";
import { readLive } from "@lookalike/shared/store/catalog/images";
import { findJob } from "@lookalike/shared/store/jobs/jobs";
import type { Db } from "@lookalike/shared/store/open";
import { findVerdicts, insertVerdicts } from "@lookalike/shared/store/results/pair-verdicts";
import { insertVerifyResult } from "@lookalike/shared/store/results/verify-results";
import pMap from "p-map";
import type { OpenedSource } from "../hash/open-source.ts";
import { contentsOf, type ImageContent, type OrdinalPair, pairsOfUnit } from "./unit-pairs.ts";
import { createViews } from "./views.ts";

export interface Verifier {
  readonly bus: Bus;
  readonly db: Db;
  readonly log: Logger;
  readonly openSource: (catalog: CatalogRow) => Promise<OpenedSource>;
  readonly viewListed: (
    source: OpenedSource,
    image: ListedImage,
    contentDigest: Uint8Array,
  ) => Promise<PictureView | null>;
  readonly verifyViews: (first: PictureView, others: readonly PictureView[]) => Promise<readonly (Uint8Array | null)[]>;
  /** Pictures that are decoded or compared at the same time. */
  readonly concurrency: number;
}

const SOURCES = ["known", "stored", "looked"] as const;

/** Sets the counter to 0 at the start: for Prometheus, a counter that first appears as 20 has not increased. */
export const initPairCounters = (): void => {
  for (const kind of [...CopyKind.options, "refused", "unverified", "over-limit"])
    for (const source of SOURCES) pairsVerified.inc({ kind, source }, 0);
};

const PAIRS_PER_PART = 10_000;

/** Verifies the pairs of one task, and publishes the event that has the verdicts, or their digest. */
export const verifyPairs = async (verifier: Verifier, task: TaskOf<"verify">): Promise<void> => {
  const { bus, db } = verifier;
  const started = performance.now();
  const job = await findJob(db, task.job);
  const catalog = await getCatalog(db, task.tenant, task.catalog);
  // Its owner has cancelled the job, or deleted the catalog.
  if (job?.state !== "running" || catalog === null) return;
  const { looked, overLimit } = await pairsOfUnit(db, job, task);
  const contents = await contentsOf(db, job, task.blockSize, new Set(looked.flatMap(({ a, b }) => [a, b])));
  const verified = await verdictsOf(verifier, catalog, looked, contents);
  for (const pair of overLimit) verified.push({ ...pair, ...OVER_LIMIT });
  pairsVerified.inc({ kind: "over-limit", source: "known" }, overLimit.length);
  const parts = partsOf(verified);
  const digest = resultDigest(parts.map(partDigest));
  const [only] = parts;
  const inline = parts.length === 1 && only !== undefined && only.length <= INLINE_RESULT_BYTES ? only : null;
  if (inline === null)
    for (const [part, results] of parts.entries())
      await insertVerifyResult(db, { jobId: task.job, task: task.task, resultDigest: digest }, part, results);
  const milliseconds = Math.round(performance.now() - started);
  const body = { task: task.task, pairs: verified.length, results: inline, digest, milliseconds };
  await publish(bus, resultEvent(task, "verify-done", body));
};

/** At least one part, in the order of the pairs. */
const partsOf = (pairs: readonly VerifiedPair[]): Uint8Array[] => {
  const sorted = pairs.toSorted(byOrdinals);
  return Array.from({ length: Math.max(1, Math.ceil(sorted.length / PAIRS_PER_PART)) }, (_, part) =>
    encodeVerifiedPairs(sorted.slice(part * PAIRS_PER_PART, (part + 1) * PAIRS_PER_PART)),
  );
};

/** A pair of which nothing is known yet, by its contents: the smaller digest first. */
interface OpenPair {
  readonly pair: OrdinalPair;
  /** Ordinals in the order of their digests. */
  readonly firstOrdinal: number;
  readonly secondOrdinal: number;
  readonly first: Uint8Array;
  readonly second: Uint8Array;
}

const UNVERIFIED: PairVerdict = { kind: "unverified", facts: null };
const OVER_LIMIT: PairVerdict = { kind: "over-limit", facts: null };

const verdictsOf = async (
  verifier: Verifier,
  catalog: CatalogRow,
  pairs: readonly OrdinalPair[],
  contents: ReadonlyMap<number, ImageContent>,
): Promise<VerifiedPair[]> => {
  const verified: VerifiedPair[] = [];
  const open: OpenPair[] = [];
  const record = (pair: OrdinalPair, verdict: PairVerdict, source: (typeof SOURCES)[number]): void => {
    verified.push({ a: pair.a, b: pair.b, ...verdict });
    pairsVerified.inc({ kind: verdict.kind ?? "refused", source });
  };
  for (const pair of pairs) {
    const [a, b] = [contents.get(pair.a), contents.get(pair.b)];
    if (a === undefined || b === undefined) record(pair, UNVERIFIED, "known");
    else {
      const order = Buffer.compare(a.contentDigest, b.contentDigest);
      if (order === 0) record(pair, { kind: "identical", facts: null }, "known");
      else if (a.pictureDigest !== null && a.pictureDigest === b.pictureDigest)
        record(pair, { kind: "same-pixels", facts: null }, "known");
      else open.push(openPair(pair, order < 0, a.contentDigest, b.contentDigest));
    }
  }
  const stored = await findVerdicts(verifier.db, catalog.tenant, VERIFICATION, open);
  const unknown: OpenPair[] = [];
  open.forEach((pair, index) => {
    const verdict = stored[index];
    if (verdict === undefined) unknown.push(pair);
    else record(pair.pair, inOrdinalOrder(pair, decodeVerdict(verdict)), "stored");
  });
  for (const { pair, verdict } of await look(verifier, catalog, unknown)) record(pair, verdict, "looked");
  return verified;
};

const openPair = (pair: OrdinalPair, isInOrder: boolean, a: Uint8Array, b: Uint8Array): OpenPair =>
  isInOrder
    ? { pair, firstOrdinal: pair.a, secondOrdinal: pair.b, first: a, second: b }
    : { pair, firstOrdinal: pair.b, secondOrdinal: pair.a, first: b, second: a };

const inOrdinalOrder = ({ pair, firstOrdinal }: OpenPair, verdict: PairVerdict): PairVerdict =>
  firstOrdinal === pair.a ? verdict : swapped(verdict);

/** Pairs that are compared for one message to a process. */
const PAIRS_PER_REQUEST = 16;

/** Looks at pairs, and stores each verdict by the contents. What can't be looked at is unverified, and stored nowhere: it may be there again. */
const look = async (
  verifier: Verifier,
  catalog: CatalogRow,
  open: readonly OpenPair[],
): Promise<{ pair: OrdinalPair; verdict: PairVerdict }[]> => {
  if (open.length === 0) return [];
  const source = await sourceOf(verifier, catalog);
  const ordinals = new Set(open.flatMap(({ firstOrdinal, secondOrdinal }) => [firstOrdinal, secondOrdinal]));
  const images = new Map(
    (await readLive(verifier.db, catalog.id, [...ordinals])).map((image) => [image.ordinal, image]),
  );
  const viewOf = createViews(async (ordinal, contentDigest) => {
    const image = images.get(ordinal);
    return source === null || image === undefined ? null : verifier.viewListed(source, image, contentDigest);
  });
  const looked = await pMap(
    batches(open),
    async (batch) => {
      const verdicts = await lookAtBatch(verifier, batch, viewOf);
      await insertVerdicts(
        verifier.db,
        batch.flatMap(({ first, second }, index) => {
          const verdict = verdicts[index] ?? null;
          return verdict === null ? [] : [{ tenant: catalog.tenant, version: VERIFICATION, first, second, verdict }];
        }),
      );
      return batch.map((pair, index) => {
        const verdict = verdicts[index] ?? null;
        return {
          pair: pair.pair,
          verdict: verdict === null ? UNVERIFIED : inOrdinalOrder(pair, decodeVerdict(verdict)),
        };
      });
    },
    { concurrency: verifier.concurrency },
  );
  return looked.flat();
};

/** A source that is not the tenant's any more, or not there, leaves pairs unverified. It is no failure of the job, whose groups are by hashes then. */
const sourceOf = async ({ openSource, log }: Verifier, catalog: CatalogRow): Promise<OpenedSource | null> => {
  try {
    return await openSource(catalog);
  } catch (error) {
    if (!(error instanceof SourceRefused)) throw error;
    log.warn({ catalog: catalog.id, reason: messageOf(error) }, "the pictures of a catalog can't be looked at");
    return null;
  }
};

/** Pairs with the same first picture together, a few at a time. */
const batches = (open: readonly OpenPair[]): OpenPair[][] => {
  const byFirst = groupBy(open, ({ first }) => toHex(first));
  return [...byFirst.values()].flatMap((pairs) =>
    Array.from({ length: Math.ceil(pairs.length / PAIRS_PER_REQUEST) }, (_, part) =>
      pairs.slice(part * PAIRS_PER_REQUEST, (part + 1) * PAIRS_PER_REQUEST),
    ),
  );
};

/** The encoded verdict of each pair of a batch; null where one of its pictures can't be looked at. */
const lookAtBatch = async (
  { verifyViews }: Verifier,
  batch: readonly OpenPair[],
  viewOf: ReturnType<typeof createViews>,
): Promise<(Uint8Array | null)[]> => {
  const [head] = batch;
  const first = head === undefined ? null : await viewOf(head.firstOrdinal, head.first);
  if (first === null) return batch.map(() => null);
  const others = await Promise.all(batch.map(({ secondOrdinal, second }) => viewOf(secondOrdinal, second)));
  const seen = others.filter((view) => view !== null);
  const verdicts = seen.length === 0 ? [] : await verifyViews(first, seen);
  const next = verdicts.values();
  return others.map((view) => (view === null ? null : (next.next().value ?? null)));
};
