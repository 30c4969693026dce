import { runTasks } from "@lookalike/shared/bus/tasks";
import type { Workers } from "@lookalike/shared/bus/work";
import type { AllowedSources } from "@lookalike/shared/sources/allowed-sources";
import { isUnavailable } from "@lookalike/shared/store/unavailable";
import { openSource } from "../hash/open-source.ts";
import { initPairCounters, type Verifier, verifyPairs } from "./verify-task.ts";

/** The next one's pictures are decoded while the last pairs of one are compared. */
const CONCURRENT_VERIFICATIONS = 2;

/** Handles verification tasks, with the processes that also hash. */
export const runVerifications = ({
  decoders,
  allowed,
  ...rest
}: Pick<Verifier, "bus" | "db" | "log" | "concurrency"> & {
  readonly decoders: Pick<Verifier, "viewListed" | "verifyViews">;
  readonly allowed: AllowedSources;
}): Promise<Workers> => {
  initPairCounters();
  const { viewListed, verifyViews } = decoders;
  const verifier: Verifier = {
    ...rest,
    viewListed,
    verifyViews,
    openSource: (catalog) => openSource(catalog, allowed),
  };
  return runTasks(rest.bus, {
    kind: "verify",
    concurrency: CONCURRENT_VERIFICATIONS,
    log: rest.log,
    isUnavailable,
    handle: (task) => verifyPairs(verifier, task),
  });
};
