import { fastestBackend } from "./backend.ts";
import { exhaustiveBy } from "./exhaustive.ts";
import { indexedBy } from "./indexed.ts";

/** The fastest kernels of this machine, and what they are called. */
export const fastest = {
  exhaustive: { name: `exhaustive/${fastestBackend.name}`, join: exhaustiveBy(fastestBackend) },
  indexed: { name: `indexed/${fastestBackend.name}`, joinBand: indexedBy(fastestBackend) },
};
