import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { decodersFor } from "./hash/decoders.ts";
import { WALKER_HEAP_MB } from "./list/walk-process.ts";

const MIB = 1_048_576;
/** Code and sockets, outside of the heap. */
const NATIVE = 256 * MIB;
/** An object is in memory twice while it is sent to the process that decodes it. */
const COPIES = 2;

const Values = z.object({
  services: z.object({
    hasher: z.object({
      resources: z.object({ limits: z.object({ memory: z.string().regex(/^\d+Gi$/) }) }),
      heapMegabytes: z.int(),
      threads: z.int(),
      decoderMemoryBytes: z.int().min(536_870_912),
      maxFileBytes: z.int(),
    }),
  }),
});

it("the chart's pod holds all that the hasher's processes may take at once", () => {
  const file = new URL("../../../deploy/helm/lookalike/values.yaml", import.meta.url);
  const { resources, heapMegabytes, threads, decoderMemoryBytes, maxFileBytes } = Values.parse(
    parse(readFileSync(file, "utf8")),
  ).services.hasher;
  const own = heapMegabytes * MIB + NATIVE + decodersFor(threads) * COPIES * maxFileBytes;
  const processes = decodersFor(threads) * decoderMemoryBytes + WALKER_HEAP_MB * MIB;
  expect(own + processes).toBeLessThanOrEqual(Number.parseInt(resources.limits.memory, 10) * 1_024 * MIB);
});
