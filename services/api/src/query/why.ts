import { captureOf } from "@lookalike/engine/evidence/capture-of";
import { decodeEvidence } from "@lookalike/engine/evidence/decode-evidence";
import type { Evidence } from "@lookalike/engine/evidence/evidence";
import { evidenceDistances } from "@lookalike/engine/verify/evidence-distances";
import { swapped, VERIFICATION } from "@lookalike/engine/verify/pair-verdict";
import { verificationRules } from "@lookalike/engine/verify/verification-rules";
import { decodeVerdict, type PairVerdict } from "@lookalike/shared/domain/grouping/verified-pairs";
import { explain } from "@lookalike/shared/domain/grouping/why";
import { kindWithCapture } from "@lookalike/shared/domain/image/capture";
import { PICTURE_DIGEST_BYTES } from "@lookalike/shared/domain/image/hash-block";
import { MAX_COLOUR_STEPS, MAX_SECOND_BITS } from "@lookalike/shared/domain/image/signature";
import { listed } from "@lookalike/shared/domain/job/job";
import { groupingOf } from "@lookalike/shared/domain/job/options";
import { suppressionsOf } from "@lookalike/shared/domain/review/decisions";
import { readEvidence, readRequired } from "@lookalike/shared/store/blocks/required-blocks";
import type { CatalogRow } from "@lookalike/shared/store/catalog/catalogs";
import { type CatalogImage, findImages } from "@lookalike/shared/store/catalog/images";
import { type JobRow, jobOf } from "@lookalike/shared/store/jobs/jobs";
import type { Db } from "@lookalike/shared/store/open";
import { membershipsOf } from "@lookalike/shared/store/results/groups";
import { findVerdicts } from "@lookalike/shared/store/results/pair-verdicts";
import { readDecisions } from "@lookalike/shared/store/review/decisions";
import type { z } from "zod";
import { conflict, found, HttpProblem } from "../http/problems.ts";
import { groupsOf } from "../plugins/tenant-scope.ts";
import { imageResource } from "../resources/image.ts";
import type { Why } from "../resources/why.ts";
import { pairsAmong } from "./pairs.ts";

/** Looks at two pictures. @throws HttpProblem where one of them can't be read or decoded */
export type LookAt = (catalog: CatalogRow, a: CatalogImage, b: CatalogImage) => Promise<PairVerdict>;

interface Looked {
  readonly verdict: PairVerdict;
  readonly source: "contents" | "stored" | "now";
}

/** Everything that is known of two images of a job, and what decided whether they are together. A pair that nobody has looked at is looked at. */
export const whyOf = async (
  db: Db,
  lookAt: LookAt,
  catalog: CatalogRow,
  job: JobRow,
  ordinals: { readonly a: number; readonly b: number },
): Promise<z.infer<typeof Why>> => {
  if (job.blockSize === null) throw conflict("not-listed", "This job has not listed its source yet.");
  if (ordinals.a === ordinals.b) throw new HttpProblem(400, "one-image", "Name two images.");
  const images = new Map((await findImages(db, catalog, [ordinals.a, ordinals.b])).map((one) => [one.ordinal, one]));
  const a = found(images.get(ordinals.a), "image", ordinals.a);
  const b = found(images.get(ordinals.b), "image", ordinals.b);
  const [pair] = await pairsAmong(db, job, [a.ordinal, b.ordinal]);
  if (pair === undefined) throw new Error("two images are a pair");
  const stored = await readStored(db, catalog.id, job.blockSize, [a, b]);
  const [ofA, ofB] = [stored.get(a.ordinal), stored.get(b.ordinal)];
  const evidence = [ofA?.evidence ?? null, ofB?.evidence ?? null] as const;
  const looked = await look(
    db,
    lookAt,
    catalog,
    [a, b],
    ofA?.pictureDigest === undefined ? false : ofA.pictureDigest === ofB?.pictureDigest,
  );
  const { verdict } = looked instanceof HttpProblem ? { verdict: null } : looked;
  const kind =
    verdict === null || verdict.kind === null || verdict.kind === "over-limit"
      ? (verdict?.kind ?? null)
      : kindWithCapture(verdict.kind, captureOf(a.facts, evidence[0]), captureOf(b.facts, evidence[1]));
  const memberships = await membershipsOf(db, groupsOf(job), [a.ordinal, b.ordinal]);
  const groupOf = (ordinal: number): number | null =>
    memberships.find((one) => one.ordinal === ordinal)?.number ?? null;
  const shared = memberships.find((one) =>
    memberships.some((other) => other.number === one.number && other.ordinal !== one.ordinal),
  );
  const { thresholdBits, radiusBits, verification } = listed(jobOf(job));
  const notLooked = looked instanceof HttpProblem ? looked.message : null;
  const signaturesAgree =
    pair.secondDistance === null || pair.colourSteps === null
      ? null
      : pair.secondDistance <= MAX_SECOND_BITS && pair.colourSteps <= MAX_COLOUR_STEPS;
  const explanation = explain({
    grouping: groupingOf(job.options, verification),
    isVerified: verification,
    ...{ thresholdBits, distanceBits: pair.distance, signaturesAgree, equalBytes: pair.equalBytes },
    isSeparated:
      suppressionsOf(await readDecisions(db, catalog.id))
        .get(a.ordinal)
        ?.has(b.ordinal) === true,
    ...{ kind, refusal: verdict?.facts?.refusal ?? null, notLooked },
    ...{ group: shared?.number ?? null, groupOfA: groupOf(a.ordinal), groupOfB: groupOf(b.ordinal) },
  });
  const { transform: _, ...numbers } = verdict?.facts ?? { transform: null };
  return {
    a: imageResource(a),
    b: imageResource(b),
    ...{ thresholdBits, radiusBits },
    hashes: pair,
    evidence: evidence[0] === null || evidence[1] === null ? null : evidenceDistances(evidence[0], evidence[1]),
    look: {
      source: looked instanceof HttpProblem ? null : looked.source,
      ...{ kind, notLooked },
      numbers: verdict?.facts == null ? null : (numbers as Omit<typeof verdict.facts, "transform">),
      rules: verdict?.facts == null ? [] : verificationRules(verdict.facts),
    },
    groups: memberships,
    ...explanation,
    change: [...explanation.change],
  };
};

interface StoredPicture {
  /** Of what the file shows, hex; undefined where its format has none. */
  readonly pictureDigest: string | undefined;
  readonly evidence: Evidence | null;
}

const readStored = async (db: Db, catalogId: string, blockSize: number, images: readonly CatalogImage[]) => {
  const numbers = [...new Set(images.map(({ ordinal }) => Math.floor(ordinal / blockSize)))].sort((x, y) => x - y);
  const stored = new Map<number, StoredPicture>();
  for await (const block of readRequired(db, { catalogId, numbers }, ["states", "pictureDigests", "evidenceDigest"])) {
    const evidence = await readEvidence(db, catalogId, block);
    for (const { ordinal } of images) {
      if (Math.floor(ordinal / blockSize) !== block.block) continue;
      const position = ordinal % blockSize;
      const digest = block.pictureDigests.subarray(
        position * PICTURE_DIGEST_BYTES,
        (position + 1) * PICTURE_DIGEST_BYTES,
      );
      const bytes = evidence[position] ?? null;
      stored.set(ordinal, {
        pictureDigest: digest.every((byte) => byte === 0) ? undefined : Buffer.from(digest).toString("hex"),
        evidence: bytes === null ? null : decodeEvidence(bytes),
      });
    }
  }
  return stored;
};

/** What is known of two pictures by their contents, or what a look finds now; the problem where nobody can look. */
const look = async (
  db: Db,
  lookAt: LookAt,
  catalog: CatalogRow,
  [a, b]: readonly [CatalogImage, CatalogImage],
  isSamePicture: boolean,
): Promise<Looked | HttpProblem> => {
  const [first, second] = [a.contentDigest, b.contentDigest];
  if (first === null || second === null)
    return new HttpProblem(404, "no-picture", "the source provided its hashes, or one of the two could not be hashed");
  const order = Buffer.compare(first, second);
  if (order === 0) return { verdict: { kind: "identical", facts: null }, source: "contents" };
  if (isSamePicture) return { verdict: { kind: "same-pixels", facts: null }, source: "contents" };
  const [stored] = await findVerdicts(db, catalog.tenant, VERIFICATION, [
    order < 0 ? { first, second } : { first: second, second: first },
  ]);
  if (stored !== undefined) {
    const verdict = decodeVerdict(stored);
    return { verdict: order < 0 ? verdict : swapped(verdict), source: "stored" };
  }
  try {
    return { verdict: await lookAt(catalog, a, b), source: "now" };
  } catch (error) {
    if (error instanceof HttpProblem) return error;
    throw error;
  }
};
