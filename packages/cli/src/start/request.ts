import { JobOptions } from "@lookalike/shared/domain/job/options";
import { sourceOf } from "../source-address.ts";

/** What a person wants to be started. */
export type StartRequest = ReturnType<typeof startRequest>;

/** The options as commander reads them; the schema of a job's options checks theirs. */
export interface StartFlags {
  readonly json?: true;
  readonly keepRunning?: true;
  readonly threshold?: number;
  readonly [jobOption: string]: unknown;
}

/** @param isTerminal whether standard output is one: there a person reviews the result */
export const startRequest = (address: string | undefined, flags: StartFlags, isTerminal: boolean) => {
  const { threshold, json, keepRunning, ...options } = flags;
  return {
    /** null = the demo catalog. */
    source: address === undefined ? null : sourceOf(address),
    options: JobOptions.parse({ ...options, thresholdBits: threshold }),
    json: json === true,
    keepRunning: keepRunning === true || (isTerminal && json !== true),
  };
};
