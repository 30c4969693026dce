import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { BULK_HEAP_MB, BULK_THREADS } from "./bulk/bulk-threads.ts";
import { MAX_DECODERS } from "./decode/picture-limits.ts";
import { CACHE_BYTES as RESPONSES } from "./plugins/response-cache.ts";
import { CACHE_BYTES as HASHES } from "./query/nearest.ts";

const MIB = 1_048_576;
/** Code, sockets, and bodies on their way, outside of the heap. */
const NATIVE = 256 * MIB;

const Values = z.object({
  services: z.object({
    api: z.object({
      resources: z.object({ limits: z.object({ memory: z.string().regex(/^\d+Gi$/) }) }),
      heapMegabytes: z.int(),
      decoderMemoryBytes: z.int().min(536_870_912),
    }),
  }),
});

it("the chart's pod holds all that the API's processes and threads may take at once", () => {
  const file = new URL("../../../deploy/helm/lookalike/values.yaml", import.meta.url);
  const { resources, heapMegabytes, decoderMemoryBytes } = Values.parse(parse(readFileSync(file, "utf8"))).services.api;
  const own = heapMegabytes * MIB + HASHES + RESPONSES + NATIVE;
  const threads = BULK_THREADS * BULK_HEAP_MB * MIB;
  const decoders = MAX_DECODERS * decoderMemoryBytes;
  expect(own + threads + decoders).toBeLessThanOrEqual(Number.parseInt(resources.limits.memory, 10) * 1_024 * MIB);
});
