import { posix } from "node:path";
import { findImages, listImages } from "@lookalike/shared/store/catalog/images";
import type { Db } from "@lookalike/shared/store/open";
import type { FastifyReply } from "fastify";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import parseRange from "range-parser";
import { z } from "zod";
import { BY_ORDINAL, PageQuery, pageOf, readPage } from "../../http/page.ts";
import { HttpProblem, notFound, Problem } from "../../http/problems.ts";
import { rawSerializer } from "../../http/raw-serializer.ts";
import { CatalogParams, catalogReader } from "../../http/tenant-scope.ts";
import { openPicture } from "../../pictures/picture.ts";
import type { Thumbnails } from "../../pictures/thumbnails.ts";
import type { Access } from "../../plugins/access.ts";
import { Image, imageResource } from "../../resources/image.ts";

const ImageParams = CatalogParams.extend({ ordinal: z.coerce.number().int().min(0).max(2_147_483_647) });

const MEDIA_TYPES: Record<string, string> = { jpg: "jpeg", svg: "svg+xml" };

/** The response of an address never changes: a file that changes gets another ordinal. */
const FOREVER = "private, max-age=31536000, immutable";

export const imageRoutes =
  (db: Db, thumbnails: Thumbnails): FastifyPluginAsyncZod =>
  async (app) => {
    const readCatalog = catalogReader(db);
    const readImage = async (access: Access, catalogId: string, ordinal: number) => {
      const catalog = await readCatalog(access, catalogId);
      const [image] = await findImages(db, catalog, [ordinal]);
      if (image === undefined) throw notFound("image", String(ordinal));
      return { catalog, image };
    };

    app.get(
      "/catalogs/:catalog/images",
      {
        config: { isCached: true },
        schema: {
          summary: "The catalog's images, by ordinal",
          params: CatalogParams,
          querystring: PageQuery,
          response: { 200: pageOf(Image) },
        },
      },
      async ({ access, params, query }) => {
        const catalog = await readCatalog(access, params.catalog);
        const { items, next } = await readPage(query, BY_ORDINAL, (page) => listImages(db, catalog, page));
        return { items: items.map(imageResource), next };
      },
    );

    app.get(
      "/catalogs/:catalog/images/:ordinal",
      {
        config: { isCached: true },
        schema: {
          summary: "Read an image",
          params: ImageParams,
          response: { 200: Image },
        },
      },
      async ({ access, params }) => imageResource((await readImage(access, params.catalog, params.ordinal)).image),
    );

    app.get(
      "/catalogs/:catalog/images/:ordinal/thumbnail",
      {
        schema: {
          summary: "The picture made small, as WebP",
          params: ImageParams,
          querystring: z.object({ size: z.enum(["small", "large"]).default("small") }),
          headers: z.object({ "if-none-match": z.string().optional() }),
          produces: ["image/webp"],
          response: {
            200: z.any().meta({ description: "image/webp, 320 or 1,600 pixels at most" }),
            304: z.any().meta({ description: "Not changed" }),
            410: Problem,
            415: Problem,
          },
        },
      },
      async ({ access, params, query, headers }, reply) => {
        const { catalog, image } = await readImage(access, params.catalog, params.ordinal);
        const etag = `"${image.fingerprint}.${query.size}"`;
        reply.header("etag", etag).header("cache-control", FOREVER);
        if (headers["if-none-match"] === etag) return reply.code(304).send();
        const thumbnail = await thumbnails(catalog, image, query.size).catch(unlabelled(reply));
        return reply.type("image/webp").serializer(rawSerializer).send(thumbnail);
      },
    );

    app.get(
      "/catalogs/:catalog/images/:ordinal/original",
      {
        schema: {
          summary: "The file as it is, whole or a range of it",
          produces: ["application/octet-stream", "image/*"],
          params: ImageParams,
          headers: z.object({ range: z.string().optional() }),
          response: {
            200: z.any().meta({ description: "The file's bytes" }),
            206: z.any().meta({ description: "A range of the file's bytes" }),
            410: Problem,
            416: Problem,
          },
        },
      },
      async ({ access, params, headers }, reply) => {
        const { catalog, image } = await readImage(access, params.catalog, params.ordinal);
        const picture = await openPicture(catalog, image);
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
        const format = image.facts.format ?? "octet-stream";
        reply
          .code(range === undefined ? 200 : 206)
          .header("accept-ranges", "bytes")
          .header("content-length", end - start + 1)
          .header("etag", `"${image.fingerprint}"`)
          .header("cache-control", FOREVER)
          .header("content-disposition", `inline; filename*=UTF-8''${encodedName(image.path)}`)
          // An SVG may contain scripts, which must not run.
          .header("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox")
          .type(format === "octet-stream" ? "application/octet-stream" : `image/${MEDIA_TYPES[format] ?? format}`);
        if (range !== undefined) reply.header("content-range", `bytes ${start}-${end}/${size}`);
        return reply.serializer(rawSerializer).send(await picture.read(start, end));
      },
    );
  };

/** Caches must not store a problem as long as they would store the picture. */
const unlabelled =
  (reply: FastifyReply) =>
  (error: unknown): never => {
    reply.removeHeader("etag");
    reply.header("cache-control", "no-store");
    throw error;
  };

const encodedName = (path: string): string =>
  encodeURIComponent(posix.basename(path).toWellFormed()).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16)}`,
  );
