import { JobOptions } from "@lookalike/shared/domain/job/options";
import type { Source } from "@lookalike/shared/domain/job/source";
import { sourceOf } from "../source-address.ts";

/** What a person wants to be started. */
export interface StartRequest {
  /** null = the demo catalog. */
  readonly source: Source | null;
  readonly options: JobOptions;
  readonly json: boolean;
  readonly keepRunning: boolean;
}

/** The options as commander reads them. */
export interface StartFlags {
  readonly threshold?: number;
  readonly grouping?: string;
  readonly blockSize?: number;
  readonly pairsPerTask?: number;
  readonly batchSize?: number;
  readonly kernel?: string;
  readonly dispatch?: string;
  readonly json?: true;
  readonly keepRunning?: true;
}

/** @param isTerminal whether standard output is one: there a person reviews the result */
export const startRequest = (address: string | undefined, flags: StartFlags, isTerminal: boolean): StartRequest => {
  const { threshold, json, keepRunning, ...options } = flags;
  return {
    source: address === undefined ? null : sourceOf(address),
    options: JobOptions.parse({ ...options, thresholdBits: threshold }),
    json: json === true,
    keepRunning: keepRunning === true || (isTerminal && json !== true),
  };
};
