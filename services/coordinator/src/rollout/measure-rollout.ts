// Ends with the roll-out: docs/decisions/0037-parts-with-an-end.md.
import type { JobEvent } from "@lookalike/shared/domain/job/events";
import { Feature } from "@lookalike/shared/domain/rollout/rollout";
import { gauge, rolloutDifferences } from "@lookalike/shared/runtime/metrics";
import type { Db } from "@lookalike/shared/store/open";
import { listRollouts } from "@lookalike/shared/store/rollout/rollouts";

/** The roll-out's gauge, and its counter from zero. */
export const measureRollout = (db: Db): void => {
  gauge("lookalike_rollout_percent", "How far a feature is rolled out", ["feature"], async () =>
    (await listRollouts(db)).map(({ feature, percent }) => ({ labels: { feature }, value: percent })),
  );
  for (const feature of Feature.options) rolloutDifferences.inc({ feature }, 0);
};

/** Counts a shadow job whose result differs from its job's. */
export const countDifference = (event: JobEvent): void => {
  if (event.type === "shadow-compared" && !event.body.equal) rolloutDifferences.inc({ feature: event.body.feature });
};
