import { fastestCode } from "./backend.ts";
import { exhaustiveBy } from "./exhaustive.ts";
import { indexedBy } from "./indexed.ts";

/** The fastest kernels of this machine, and what they are called. */
export const fastest = {
  exhaustive: { name: `exhaustive/${fastestCode.name}`, join: exhaustiveBy(fastestCode) },
  indexed: { name: `indexed/${fastestCode.name}`, joinBand: indexedBy(fastestCode) },
};
