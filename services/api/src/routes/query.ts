import { HASH_FORMAT } from "@lookalike/engine/hash/hash-format";
import { formatMismatch } from "@lookalike/shared/domain/image/hash-format";
import { defaultThresholdBits } from "@lookalike/shared/domain/job/options";
import { toHex } from "@lookalike/shared/domain/primitives/encoding";
import type { CatalogRow } from "@lookalike/shared/store/catalog/catalogs";
import { findImages } from "@lookalike/shared/store/catalog/images";
import type { Db } from "@lookalike/shared/store/open";
import { z } from "zod";
import type { Decoders } from "../decode/decoders.ts";
import { operation, type Version1 } from "../http/operation.ts";
import { HttpProblem } from "../http/problems.ts";
import type { Nearest } from "../query/nearest.ts";
import { imageResource, QueryResult } from "../resources/image.ts";
import type { Spool } from "../spool/spool.ts";
import { isSpooled, spoolBodies } from "../spool/spool-bodies.ts";

/** More images than requested are searched for, since some of them may have vanished. */
const SPARE = 200;

const Options = z.object({
  maxDistance: z.coerce
    .number()
    .int()
    .min(0)
    .max(64)
    .optional()
    .meta({ description: "Bits; left out: the catalog's default threshold" }),
  limit: z.coerce.number().int().min(1).max(100).default(20),
});
type Options = z.infer<typeof Options>;

/** What the routes work with. */
export interface QueryParts {
  readonly nearest: Nearest;
  readonly decoders: Pick<Decoders, "hash">;
  readonly spool: Spool;
}

export const queryRoutes = (app: Version1, { nearest, decoders, spool }: QueryParts): void => {
  // A picture is stored on the disk as it arrives, because it may have to wait until it is decoded.
  spoolBodies(app, spool, /^(image\/|application\/octet-stream)/);

  const search = async (
    db: Db,
    catalog: CatalogRow,
    hash: Uint8Array,
    { maxDistance, limit }: Options,
  ): Promise<z.infer<typeof QueryResult>> => {
    const { hashBits } = catalog;
    if (hashBits === null) return { hash: toHex(hash), items: [] };
    if (hash.length * 8 !== hashBits)
      throw new HttpProblem(
        400,
        "hash-length",
        `A hash of ${hash.length * 8} bits: the hashes of this catalog have ${hashBits}.`,
      );
    const found = await nearest(catalog, hash, maxDistance ?? defaultThresholdBits(hashBits), limit + SPARE);
    const ordinals = found.map(({ ordinal }) => ordinal);
    const images = new Map((await findImages(db, catalog, ordinals)).map((image) => [image.ordinal, image]));
    const items = found.flatMap(({ ordinal, distance }) => {
      const image = images.get(ordinal);
      return image === undefined ? [] : [{ distance, image: imageResource(image) }];
    });
    return { hash: toHex(hash), items: items.slice(0, limit) };
  };

  app.post(
    "/catalogs/:catalog/query",
    operation(
      "The catalog's images nearest to a perceptual hash",
      { 200: QueryResult },
      {
        querystring: Options,
        body: z.strictObject({
          hash: z
            .string()
            .regex(/^([0-9a-fA-F]{8}){2,8}$/)
            .meta({ description: "64 to 256 bits in hexadecimal, as long as the catalog's" }),
        }),
        config: { scope: "read", kind: "search" },
      },
    ),
    async ({ catalog, db, query, body }) => search(db, catalog, Buffer.from(body.hash, "hex"), query),
  );

  app.post(
    "/catalogs/:catalog/query/image",
    operation(
      "The catalog's images nearest to a picture, sent as the body",
      { 200: QueryResult },
      {
        consumes: ["application/octet-stream", "image/*"],
        querystring: Options,
        config: { scope: "read", kind: "picture" },
      },
    ),
    async ({ catalog, db, query, body }) => {
      if (!isSpooled(body)) throw new HttpProblem(400, "no-picture", "Send the picture's bytes as the body.");
      const outcome = await decoders.hash(body.path);
      if (outcome.kind === "failed")
        throw new HttpProblem(422, outcome.failure.reason, `The picture can't be read: ${outcome.failure.detail}`);
      if (outcome.kind === "flat" || outcome.kind === "absent")
        throw new HttpProblem(422, "flat", "The picture is of one colour: it matches nothing.");
      if (catalog.hashFormat !== null && catalog.hashFormat !== HASH_FORMAT)
        throw new HttpProblem(
          400,
          "hash-format",
          formatMismatch("This catalog", catalog.hashFormat, `a picture's, ${HASH_FORMAT}`),
        );
      return search(db, catalog, outcome.hash, query);
    },
  );
};
