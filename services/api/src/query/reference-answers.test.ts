import { createHash } from "node:crypto";
import { mkdtemp, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ImageFacts } from "@lookalike/shared/domain/image/hash-block";
import { directorySource } from "@lookalike/shared/domain/job/source";
import { fingerprintOf } from "@lookalike/shared/sources/listed-file";
import type { CatalogRow } from "@lookalike/shared/store/catalog/catalogs";
import type { CatalogImage } from "@lookalike/shared/store/catalog/images";
import { afterAll, beforeAll, expect, it } from "vitest";
import { picturesIn } from "../pictures/picture.ts";
import { answerOf } from "./reference-answers.ts";

let folder: string;
let library: CatalogRow;
let file: CatalogImage;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lookalike-reference-"));
  library = catalogOf(folder);
  file = await listed("a.jpg", "the bytes");
});
afterAll(() => rm(folder, { recursive: true }));

const catalogOf = (root: string): CatalogRow => ({
  id: "library",
  tenant: "tenant",
  name: "library",
  source: directorySource(root),
  blockSize: 250,
  hashBits: 256,
  features: true,
  verification: false,
  hashFormat: "blockhash16/2",
  blockRevision: 0,
  listingMark: null,
  mounts: null,
  createdAt: "2024-01-01T00:00:00.000Z",
  deletedAt: null,
});

const listed = async (path: string, bytes: string): Promise<CatalogImage> => {
  await writeFile(join(folder, path), bytes);
  return {
    ordinal: 7,
    path,
    fingerprint: fingerprintOf(await stat(join(folder, path), { bigint: true })),
    modifiedAt: null,
    state: "hashed",
    facts: { width: 400, height: 300 },
    failure: null,
    contentDigest: createHash("sha256").update(bytes).digest(),
  };
};

const pictures = () => picturesIn({ roots: [{ tenant: "tenant", root: folder }], buckets: [] });
const onCard = (facts: ImageFacts = { width: 400, height: 300 }): CatalogImage => ({ ...file, ordinal: 1, facts });
const match = (equalBytes: boolean) => ({ ordinal: 1, referenceOrdinal: 7, distance: 3, equalBytes });
const answer = async (image: CatalogImage, equalBytes: boolean, other?: CatalogImage, verify = false) =>
  answerOf(pictures(), library, image, match(equalBytes), other, verify);

it("is there only where its file is there now, with the size and time of the scan", async () => {
  expect(await answer(onCard(), true, file)).toEqual({ answer: "have", detail: null });
  expect(await answer(onCard(), true)).toMatchObject({
    answer: "unconfirmed",
    detail: expect.stringContaining("no longer in that catalog"),
  });
  expect(await answer(onCard(), true, { ...file, path: "b.jpg" })).toMatchObject({ answer: "unconfirmed" });
  const changed = await listed("changed.jpg", "before");
  await writeFile(join(folder, "changed.jpg"), "after it");
  expect(await answer(onCard(), true, changed)).toMatchObject({ answer: "unconfirmed" });
});

it("is verified by its bytes, which may have changed without a new size or time", async () => {
  const same = await listed("same.jpg", "before");
  const { atime, mtime } = await stat(join(folder, "same.jpg"));
  await utimes(join(folder, "same.jpg"), 1_000_000_000, 1_000_000_000);
  const fingerprint = fingerprintOf(await stat(join(folder, "same.jpg"), { bigint: true }));
  const before = { ...same, fingerprint };
  expect(await answer(onCard(), true, before, true)).toEqual({ answer: "have", detail: null });
  await writeFile(join(folder, "same.jpg"), "edited");
  await utimes(join(folder, "same.jpg"), 1_000_000_000, 1_000_000_000);
  expect(await answer(onCard(), true, before)).toEqual({ answer: "have", detail: null });
  expect(await answer(onCard(), true, before, true)).toMatchObject({
    answer: "unconfirmed",
    detail: "its bytes differ from those that were compared",
  });
  await utimes(join(folder, "same.jpg"), atime, mtime);
});

it("is not there where the reference has only a smaller or a damaged version", async () => {
  expect(await answer(onCard({ width: 300, height: 400 }), false, file)).toMatchObject({ answer: "have" });
  expect(await answer(onCard({ width: 800, height: 600 }), false, file)).toEqual({
    answer: "lesser",
    detail: "it has only a smaller version: 400 x 300, not 800 x 600",
  });
  const damaged = { ...file, facts: { ...file.facts, damaged: "its end is missing" } };
  expect(await answer(onCard(), false, damaged)).toMatchObject({ answer: "lesser" });
});

it("is not compared where the image could not be hashed, and new where nothing is like it", async () => {
  const failure = { reason: "truncated", detail: "the file ends before the picture does" } as const;
  const failed = { ...onCard(), state: "failed" as const, failure };
  expect(await answerOf(pictures(), library, failed, undefined, undefined, false)).toEqual({
    answer: "not-compared",
    detail: "truncated: the file ends before the picture does",
  });
  expect(
    await answerOf(pictures(), library, { ...onCard(), state: "listed" }, undefined, undefined, false),
  ).toMatchObject({
    answer: "not-compared",
  });
  expect(await answerOf(pictures(), library, onCard(), undefined, undefined, false)).toEqual({
    answer: "new",
    detail: null,
  });
});
