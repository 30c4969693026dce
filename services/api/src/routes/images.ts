import type { CatalogRow } from "@lookalike/shared/store/catalog/catalogs";
import { findImages, listImages, listMissing } from "@lookalike/shared/store/catalog/images";
import type { Db } from "@lookalike/shared/store/open";
import parseRange from "range-parser";
import { z } from "zod";
import { operation, type Version1 } from "../http/operation.ts";
import { BY_ORDINAL, PageQuery, pageOf, readPage } from "../http/page.ts";
import { found, HttpProblem, Problem } from "../http/problems.ts";
import { originalHeaders } from "../pictures/original-headers.ts";
import type { PicturesOf } from "../pictures/picture.ts";
import type { Thumbnails } from "../pictures/thumbnails.ts";
import { Image, imageResource, MissingImage } from "../resources/image.ts";

const ImageParams = z.object({ catalog: z.string(), ordinal: z.coerce.number().int().min(0).max(2_147_483_647) });

/** The response of an address never changes: a file that changes gets another ordinal. */
const FOREVER = "private, max-age=31536000, immutable";

export const imageRoutes = (app: Version1, thumbnails: Thumbnails, picturesOf: PicturesOf): void => {
  const readImage = async (db: Db, catalog: CatalogRow, ordinal: number) =>
    found((await findImages(db, catalog, [ordinal]))[0], "image", ordinal);

  app.get(
    "/catalogs/:catalog/images",
    operation(
      "The catalog's images, by ordinal",
      { 200: pageOf(Image) },
      { querystring: PageQuery, config: { isCached: true } },
    ),
    async ({ catalog, db, query }) =>
      readPage(query, BY_ORDINAL, async (page) => (await listImages(db, catalog, page)).map(imageResource)),
  );

  app.get(
    "/catalogs/:catalog/missing-images",
    operation(
      "Images that scans no longer find: they stay known, and are as before when they are back",
      { 200: pageOf(MissingImage) },
      { querystring: PageQuery },
    ),
    async ({ catalog, db, query }) => readPage(query, BY_ORDINAL, (page) => listMissing(db, catalog, page)),
  );

  app.get(
    "/catalogs/:catalog/images/:ordinal",
    operation("Read an image", { 200: Image }, { params: ImageParams, config: { isCached: true } }),
    async ({ catalog, db, params }) => imageResource(await readImage(db, catalog, params.ordinal)),
  );

  app.get(
    "/catalogs/:catalog/images/:ordinal/thumbnail",
    operation(
      "The picture made small, as WebP",
      {
        200: z.any().meta({ description: "image/webp, 320 or 1,600 pixels at most" }),
        304: z.any().meta({ description: "Not changed" }),
        410: Problem,
        415: Problem,
      },
      {
        params: ImageParams,
        querystring: z.object({ size: z.enum(["small", "large"]).default("small") }),
        headers: z.object({ "if-none-match": z.string().optional() }),
        produces: ["image/webp"],
        config: { kind: "thumbnail" },
      },
    ),
    async ({ catalog, db, params, query, headers }, reply) => {
      const image = await readImage(db, catalog, params.ordinal);
      const etag = `"${image.fingerprint}.${query.size}"`;
      const isKnown = headers["if-none-match"] === etag;
      // Caches must not store a problem as long as they would store the picture.
      reply.header("cache-control", "no-store");
      const thumbnail = isKnown ? null : await thumbnails.read(catalog, image, query.size);
      reply.header("etag", etag).header("cache-control", FOREVER);
      return thumbnail === null ? reply.code(304).send() : reply.type("image/webp").send(thumbnail);
    },
  );

  app.get(
    "/catalogs/:catalog/images/:ordinal/original",
    operation(
      "The file as it is, whole or a range of it",
      {
        200: z.any().meta({ description: "The file's bytes" }),
        206: z.any().meta({ description: "A range of the file's bytes" }),
        410: Problem,
        416: Problem,
      },
      {
        produces: ["application/octet-stream", "image/*"],
        description: "A picture of a format that browsers show has its type, every other file is a download.",
        params: ImageParams,
        headers: z.object({ range: z.string().optional() }),
        config: { kind: "original" },
      },
    ),
    async ({ catalog, db, params, headers }, reply) => {
      const image = await readImage(db, catalog, params.ordinal);
      const picture = await (await picturesOf(catalog)).open(image);
      const size = picture.bytes;
      const ranges = headers.range === undefined ? undefined : parseRange(size, headers.range);
      if (ranges === -1) {
        await picture.close();
        reply.header("content-range", `bytes */${size}`);
        throw new HttpProblem(416, "no-such-range", `The file has ${size} bytes.`);
      }
      // A malformed range and several ranges get the whole file (RFC 9110, 14.2).
      const range = Array.isArray(ranges) && ranges.length === 1 ? ranges[0] : undefined;
      const { start, end } = range ?? { start: 0, end: size - 1 };
      reply
        .code(range === undefined ? 200 : 206)
        .header("accept-ranges", "bytes")
        .header("content-length", end - start + 1)
        .header("etag", `"${image.fingerprint}"`)
        .header("cache-control", FOREVER)
        .headers(originalHeaders(image.path, image.facts.format));
      if (range !== undefined) reply.header("content-range", `bytes ${start}-${end}/${size}`);
      return reply.send(await picture.read(start, end));
    },
  );
};
