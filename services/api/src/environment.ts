import { DEFAULT_API_PORT, integer, listOf, ServiceEnvironment, secret } from "@lookalike/shared/runtime/config";
import { SourceBuckets, SourceRoots } from "@lookalike/shared/sources/allowed-sources";
import ipaddr from "ipaddr.js";
import { z } from "zod";
import { ThumbnailLocation } from "./pictures/thumbnails.ts";

const RANGE_NAMES: readonly string[] = ["loopback", "linklocal", "uniquelocal"];
const isProxy = (text: string): boolean =>
  RANGE_NAMES.includes(text) || ipaddr.isValid(text) || ipaddr.isValidCIDR(text);

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
  LOOKALIKE_PREPARED_GROUPS: integer({
    min: 0,
    max: 1_000_000,
    default: 20_000,
    about:
      "Undecided groups of a catalog whose thumbnails are stored in LOOKALIKE_THUMBNAILS before anybody opens them",
  }),
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
  LOOKALIKE_SEALING_KEY: secret(
    z
      .string()
      .regex(/^[\w+/-]{43}=?(,[\w+/-]{43}=?)*$/, "must be 32 bytes in base64: openssl rand -base64 32")
      .transform((keys) => keys.split(",").map((key) => Buffer.from(key, "base64")))
      .default([])
      .meta({
        description:
          "Seals what must be stored and is no digest, as the secrets of webhooks; several, separated by commas: the first seals, each opens. Unset: LOOKALIKE_FIRST_KEY seals",
      }),
  ),
  LOOKALIKE_TRUSTED_PROXIES: listOf(
    ",",
    "Proxies whose X-Forwarded-* headers are believed: addresses or ranges, or loopback",
  ).refine((proxies) => proxies.every(isProxy), {
    error: "must be addresses or ranges, as 10.0.0.7,192.168.0.0/16, or loopback",
  }),
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
  LOOKALIKE_PIXELS_IN_FLIGHT: integer({
    min: 1_000_000,
    default: 100_000_000,
    about: "Pixels decoded at once for requests, in all processes: bounds the memory",
  }),
  LOOKALIKE_DECODER_MEMORY_BYTES: integer({
    min: 536_870_912,
    default: 1_073_741_824,
    about: "Memory that a process that decodes pictures for requests may take",
  }),
  LOOKALIKE_REQUESTS_PER_MINUTE: integer({
    min: 1,
    default: 12_000,
    about: "Requests a minute of one access key; more are answered 429",
  }),
});
