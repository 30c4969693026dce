import { fastestBackend } from "./backend.ts";
import { exhaustiveBy } from "./exhaustive.ts";
import { indexedBy } from "./indexed.ts";

/** The fastest kernels of this machine, with the names that task results record. */
export const fastestKernels = {
  exhaustive: { name: `exhaustive/${fastestBackend.name}`, join: exhaustiveBy(fastestBackend) },
  indexed: { name: `indexed/${fastestBackend.name}`, joinBand: indexedBy(fastestBackend) },
};
