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

/** The options as commander reads them; the schema of a job's options checks theirs. */
export interface StartFlags {
  readonly json?: true;
  readonly keepRunning?: true;
  readonly threshold?: number;
  readonly [jobOption: string]: unknown;
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
