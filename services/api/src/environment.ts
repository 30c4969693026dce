import { DEFAULT_API_PORT, integer, ServiceEnvironment, secret } from "@lookalike/shared/runtime/config";
import { SourceBuckets, SourceRoots } from "@lookalike/shared/sources/source-roots";
import { z } from "zod";
import { ThumbnailLocation } from "./pictures/thumbnails.ts";

/** What the API reads from its environment. */
export const ApiEnvironment = ServiceEnvironment.extend({
  LOOKALIKE_HOST: z.string().default("127.0.0.1").meta({ description: "Address the API listens on" }),
  LOOKALIKE_PORT: integer({
    min: 0,
    max: 65_535,
    default: DEFAULT_API_PORT,
    about: "Port the API listens on; 0 = a free one",
  }),
  LOOKALIKE_SOURCE_ROOTS: SourceRoots,
  LOOKALIKE_SOURCE_BUCKETS: SourceBuckets,
  LOOKALIKE_THUMBNAILS: ThumbnailLocation,
  LOOKALIKE_FIRST_KEY: secret(
    z
      .string()
      .regex(
        /^lk_[\w-]{43}$/,
        "must be lk_ and 43 characters of base64url: lk_$(openssl rand -base64 32 | tr +/ -_ | tr -d =)",
      )
      .optional()
      .meta({ description: "An access key of scope admin for the tenant `default`, stored at start as its digest" }),
  ),
  LOOKALIKE_WEBHOOKS_INSIDE: z
    .stringbool()
    .default(false)
    .meta({ description: "true: webhooks may lead to http addresses and into private networks" }),
  LOOKALIKE_WEBHOOK_RETRY_SECONDS: z
    .string()
    .regex(/^\d+(,\d+)*$/, "must be seconds, separated by commas")
    .default("5,300,1800,7200,18000,36000,50400")
    .transform((text) => text.split(",").map(Number))
    .meta({ description: "Seconds before each further attempt of a webhook" }),
  LOOKALIKE_REQUESTS_PER_MINUTE: integer({
    min: 1,
    default: 12_000,
    about: "Requests a minute of one access key; more are answered 429",
  }),
});
