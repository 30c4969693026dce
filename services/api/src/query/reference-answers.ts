import { createHash } from "node:crypto";
import { holdTheSame } from "@lookalike/shared/domain/grouping/keeper";
import { messageOf } from "@lookalike/shared/runtime/errors";
import type { CatalogRow } from "@lookalike/shared/store/catalog/catalogs";
import { type CatalogImage, findImages } from "@lookalike/shared/store/catalog/images";
import type { Db } from "@lookalike/shared/store/open";
import { type ReferenceMatch, readMatches } from "@lookalike/shared/store/results/reference-matches";
import type { Result } from "@lookalike/shared/store/results/results";
import pMap from "p-map";
import type { z } from "zod";
import { HttpProblem } from "../http/problems.ts";
import type { PicturesOf } from "../pictures/picture.ts";
import { imageResource, type ReferenceAnswer, type ReferencedImage } from "../resources/image.ts";

/** Files of the reference that are looked at, at the same time. */
const FILES_AT_ONCE = 8;

interface Answer {
  readonly answer: ReferenceAnswer;
  readonly detail: string | null;
}

/**
 * What the reference catalog has of images, after a look at its files.
 * @param verify whether each file's bytes are compared, too, by their SHA-256
 */
export const answersOf = async (
  { db, picturesOf }: { readonly db: Db; readonly picturesOf: PicturesOf },
  reference: CatalogRow,
  result: Result,
  images: readonly CatalogImage[],
  verify: boolean,
): Promise<z.infer<typeof ReferencedImage>[]> => {
  const matches = await readMatches(
    db,
    result,
    images.map(({ ordinal }) => ordinal),
  );
  const ordinals = [...matches.values()].map(({ referenceOrdinal }) => referenceOrdinal);
  const others = new Map((await findImages(db, reference, ordinals)).map((other) => [other.ordinal, other]));
  return pMap(
    images,
    async (image) => {
      const match = matches.get(image.ordinal);
      const other = match === undefined ? undefined : others.get(match.referenceOrdinal);
      return {
        image: imageResource(image),
        ...(await answerOf(picturesOf, reference, image, match, other, verify)),
        match: match === undefined ? null : { ...match, path: other?.path ?? null },
      };
    },
    { concurrency: FILES_AT_ONCE },
  );
};

export const answerOf = async (
  picturesOf: PicturesOf,
  reference: CatalogRow,
  image: CatalogImage,
  match: ReferenceMatch | undefined,
  other: CatalogImage | undefined,
  verify: boolean,
): Promise<Answer> => {
  if (match === undefined) return withoutMatch(image);
  if (other === undefined) return { answer: "unconfirmed", detail: "it is no longer in that catalog" };
  const lesser = match.equalBytes ? null : lesserText(image, other);
  if (lesser !== null) return { answer: "lesser", detail: lesser };
  const problem = await problemOf(picturesOf, reference, other, verify);
  return problem === null ? { answer: "have", detail: null } : { answer: "unconfirmed", detail: problem };
};

const withoutMatch = ({ state, failure }: CatalogImage): Answer => {
  if (failure !== null) return { answer: "not-compared", detail: `${failure.reason}: ${failure.detail}` };
  return state === "listed" ? { answer: "not-compared", detail: "it is not hashed" } : { answer: "new", detail: null };
};

/** Why another version of a picture does not stand in for it; null = it does. */
const lesserText = ({ facts }: CatalogImage, { facts: other }: CatalogImage): string | null => {
  if (other.damaged !== undefined) return `it has only a damaged version (${other.damaged})`;
  if (!holdTheSame([facts, other])) return "it has only its first picture: there are other pages or a film";
  const { width, height } = facts;
  if (width === undefined || height === undefined || other.width === undefined || other.height === undefined)
    return null;
  if (other.width * other.height >= width * height) return null;
  return `it has only a smaller version: ${other.width} x ${other.height}, not ${width} x ${height}`;
};

/** Why the file of a reference's image does not count any more; null = it is there as it was compared. */
const problemOf = async (
  picturesOf: PicturesOf,
  reference: CatalogRow,
  image: CatalogImage,
  verify: boolean,
): Promise<string | null> => {
  if (reference.source.kind === "hashes") return "that catalog is of hashes: it has no file to look at";
  try {
    const picture = await (await picturesOf(reference)).open(image);
    if (!verify || image.contentDigest === null) {
      await picture.close();
      return null;
    }
    const digest = createHash("sha256");
    // The stream closes the picture at its end.
    for await (const bytes of await picture.read(0, picture.bytes - 1)) digest.update(bytes as Buffer);
    return digest.digest().equals(image.contentDigest) ? null : "its bytes differ from those that were compared";
  } catch (error) {
    return error instanceof HttpProblem ? error.message : `it can't be read: ${messageOf(error)}`;
  }
};
