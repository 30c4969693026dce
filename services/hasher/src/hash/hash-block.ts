import { countFeatures } from "@lookalike/engine/evidence/evidence-format";
import { HASH_FORMAT } from "@lookalike/engine/hash/hash-format";
import type { Bus } from "@lookalike/shared/bus/connect";
import { resultEvent } from "@lookalike/shared/bus/messages";
import { publishProgress } from "@lookalike/shared/bus/progress";
import { publish } from "@lookalike/shared/bus/publish";
import { evidenceParts, joinEvidence } from "@lookalike/shared/domain/image/block-evidence";
import { isFlatHash } from "@lookalike/shared/domain/image/hamming";
import { DEFAULT_FEATURES, hashBlockOf, type Outcome } from "@lookalike/shared/domain/image/hash-block";
import { formatMismatch, GIVEN_FORMAT } from "@lookalike/shared/domain/image/hash-format";
import type { ListedImage } from "@lookalike/shared/domain/image/listed-image";
import { hashBlockDigest, partDigest, resultDigest } from "@lookalike/shared/domain/job/digest";
import type { Source } from "@lookalike/shared/domain/job/source";
import type { TaskOf } from "@lookalike/shared/domain/job/task";
import { imageFailures, imagesHashed } from "@lookalike/shared/runtime/metrics";
import { type CatalogRow, getCatalog } from "@lookalike/shared/store/catalog/catalogs";
import { type GivenImage, readGiven, readUnread, requireListed } from "@lookalike/shared/store/catalog/images";
import type { Db } from "@lookalike/shared/store/open";
import pMap from "p-map";
import type { OpenedSource } from "./open-source.ts";

interface Hasher {
  readonly bus: Bus;
  readonly db: Db;
  readonly openSource: (catalog: CatalogRow) => Promise<OpenedSource>;
  /** Decodes and hashes one image of a source that has files. */
  readonly hashFile: (source: OpenedSource, image: ListedImage, features: number) => Promise<Outcome>;
  /** Files that are hashed at the same time. */
  readonly concurrency: number;
}

const PROGRESS_INTERVAL_MS = 500;

/** The format that hashes of this source's images have: the engine's, or that of given hashes. */
export const formatOf = (source: Source): string => {
  switch (source.kind) {
    case "directory":
    case "s3":
      return HASH_FORMAT;
    case "hashes":
      return GIVEN_FORMAT;
  }
};

/** Hashes one block of a catalog, and publishes its evidence in parts, then the whole block as an event. */
export const hashBlock = async (
  { bus, db, openSource, hashFile, concurrency }: Hasher,
  task: TaskOf<"hash">,
): Promise<void> => {
  const catalog = await getCatalog(db, task.tenant, task.catalog);
  const { blockSize, hashBits } = task;
  if (catalog === null) throw new Error(`hash task ${task.task} of job ${task.job}: no catalog ${task.catalog}`);
  const hashFormat = formatOf(catalog.source);
  // Not permanent: while services are upgraded, another worker may compute the catalog's format.
  if (catalog.hashFormat !== null && catalog.hashFormat !== hashFormat)
    throw new Error(formatMismatch("The catalog", catalog.hashFormat, hashFormat));
  await requireListed(db, { id: catalog.id, blockSize }, task.task, task.job);
  const first = task.task * blockSize;
  const given = await readGiven(db, catalog.id, first, first + blockSize);
  const toRead = await readUnread(db, catalog.id, first, first + blockSize);
  const lastImages = [...given.slice(-1), ...toRead.slice(-1)];
  const length = Math.max(0, ...lastImages.map(({ ordinal }) => ordinal + 1 - first));
  const positions: Outcome[] = Array.from({ length }, () => ({ kind: "absent" }));
  let done = 0;
  const record = (image: GivenImage, outcome: Outcome): void => {
    positions[image.ordinal - first] = outcome;
    done += 1;
    imagesHashed.inc({ outcome: outcome.kind });
    if (outcome.kind === "failed") imageFailures.inc({ reason: outcome.failure.reason });
  };
  for (const image of given) record(image, givenOutcome(image));
  const progress = setInterval(
    () => publishProgress(bus, task.tenant, { job: task.job, block: task.task, images: done }),
    PROGRESS_INTERVAL_MS,
  );
  const source = await openSource(catalog);
  const mostFeatures = catalog.features ? DEFAULT_FEATURES : 0;
  const read = async (image: ListedImage): Promise<void> => record(image, await hashFile(source, image, mostFeatures));
  await pMap(toRead, read, { concurrency }).finally(() => clearInterval(progress));

  // Before the block: the coordinator refuses one whose evidence is not stored.
  const evidenceDigest = await publishEvidence(bus, task, positions);
  const features = catalog.source.kind === "hashes" ? mostGivenFeatures(given) : mostFeatures;
  const block = hashBlockOf(task.task, hashBits, positions, { evidenceDigest, features });
  await publish(bus, resultEvent(task, "hash-done", { ...block, hashFormat, digest: hashBlockDigest(block) }));
};

/** Publishes the evidence of a block's positions in parts. @returns the digest of all; null where there is none */
const publishEvidence = async (
  bus: Bus,
  task: TaskOf<"hash">,
  positions: readonly Outcome[],
): Promise<string | null> => {
  const ofPositions = positions.map((outcome) => ("evidence" in outcome ? outcome.evidence : null));
  if (ofPositions.every((evidence) => evidence === null)) return null;
  const parts = evidenceParts(joinEvidence(ofPositions));
  const evidenceDigest = resultDigest(parts.map(partDigest));
  for (const [part, evidence] of parts.entries())
    await publish(
      bus,
      resultEvent(task, "block-evidence", { block: task.task, evidenceDigest, part, evidence }, `${part}`),
    );
  return evidenceDigest;
};

const mostGivenFeatures = (given: readonly GivenImage[]): number =>
  given.reduce(
    (most, { givenEvidence }) => Math.max(most, givenEvidence === null ? 0 : countFeatures(givenEvidence)),
    0,
  );

/** Sets the counters to 0 at the start: for Prometheus, a counter that first appears as 20 has not increased. */
export const initCounters = (): void => {
  for (const outcome of ["hashed", "flat", "failed"]) imagesHashed.inc({ outcome }, 0);
};

/** The outcome that is known without reading a file. */
const givenOutcome = ({ ordinal, givenHash: hash, givenEvidence, failure, ...size }: GivenImage): Outcome => {
  const { width, height, bytes } = size;
  if (failure !== null) return { kind: "failed", failure };
  if (hash === null) throw new Error(`image ${ordinal} was read as given, and has neither a hash nor a failure`);
  return {
    kind: isFlatHash(hash) ? "flat" : "hashed",
    hash,
    signature: null,
    contentDigest: null,
    pictureDigest: null,
    evidence: givenEvidence,
    facts: {
      ...(width === null ? {} : { width }),
      ...(height === null ? {} : { height }),
      ...(bytes === null ? {} : { bytes }),
    },
  };
};
