// Ends with the roll-out: docs/decisions/0037-parts-with-an-end.md.
import { z } from "zod";
import type { Dispatch } from "../job/dispatch/modes.ts";
import { fnv1a32 } from "../job/partition.ts";
import type { KernelChoice } from "../job/plan.ts";

/**
 * Features that a growing share of new jobs uses (the redesign's roll-out). USE_BATCHED_COMPARISON:
 * a window of tasks instead of all at once. INDEXED_COMPARISON: the indexed kernel where it costs less.
 */
export const Feature = z.enum(["USE_BATCHED_COMPARISON", "INDEXED_COMPARISON"]);
export type Feature = z.infer<typeof Feature>;

/** The share of new jobs that use a feature. */
export const Rollout = z.object({
  feature: Feature,
  percent: z.int().min(0).max(100),
  /** Whether each job is followed by one with the other choice, and their results compared. */
  shadow: z.boolean(),
});
export type Rollout = z.infer<typeof Rollout>;

/** What was chosen for a job, and why. */
export const RolloutChoice = z.object({
  feature: Feature,
  enabled: z.boolean(),
  reason: z.string(),
  shadow: z.boolean(),
});
export type RolloutChoice = z.infer<typeof RolloutChoice>;

/** The job options that the roll-out records. */
export const rolloutOptions = {
  rollout: z.array(RolloutChoice).default([]),
  shadowOf: z.string().max(64).nullable().default(null).meta({ description: "The job a shadow is compared with" }),
};

/** The result of a shadow job: the body of the event `shadow-compared`. */
export const ShadowComparison = z.object({
  shadowOf: z.string(),
  feature: Feature,
  equal: z.boolean(),
  /** Similar pairs that only one of the two jobs found. */
  onlyJob: z.int().min(0),
  onlyShadow: z.int().min(0),
  milliseconds: z.number(),
});

/** 0 to 99, the same for a job each time, and independent from feature to feature. */
export const bucketOf = (feature: Feature, job: string): number => fnv1a32(`${feature}:${job}`) % 100;

/**
 * The choice for a new job: what its owner requested, else the override of its catalog, else by the percentage.
 * @param requested null = the owner left it open
 * @param override null = the catalog has none
 */
export const chooseFeature = (
  { feature, percent, shadow }: Rollout,
  job: string,
  requested: boolean | null,
  override: boolean | null,
): RolloutChoice => {
  const bucket = bucketOf(feature, job);
  if (requested !== null) return { feature, enabled: requested, reason: "requested", shadow };
  if (override !== null) return { feature, enabled: override, reason: "override of its catalog", shadow };
  return { feature, enabled: bucket < percent, reason: `bucket ${bucket} of ${percent} %`, shadow };
};

/** The options that features decide where their owner left them open. */
interface OpenOptions {
  readonly dispatch: Dispatch;
  readonly kernel: KernelChoice;
}

/** What the owner's own options choose for a feature; null = they leave it open. */
export const explicitChoice = (feature: Feature, { dispatch, kernel }: OpenOptions): boolean | null => {
  if (feature === "USE_BATCHED_COMPARISON") return dispatch === "auto" ? null : dispatch !== "all";
  return kernel === "auto" ? null : kernel === "indexed";
};

/** The options with a choice applied; what the owner requested stays. */
export const optionsWith = <Options extends OpenOptions>(
  options: Options,
  { feature, enabled }: RolloutChoice,
): Options => {
  if (explicitChoice(feature, options) !== null) return options;
  if (feature === "USE_BATCHED_COMPARISON") return { ...options, dispatch: enabled ? "window" : "all" };
  return enabled ? options : { ...options, kernel: "exhaustive" };
};

/** The options of the job's shadow: those that the job ran with, except for the feature. */
export const shadowOptions = <Options extends OpenOptions>(
  options: Options,
  feature: Feature,
  wasIndexed: boolean,
): Options => {
  const ran: Options = { ...options, kernel: wasIndexed ? "indexed" : "exhaustive" };
  return feature === "USE_BATCHED_COMPARISON"
    ? { ...ran, dispatch: options.dispatch === "all" ? "window" : "all" }
    : { ...ran, kernel: wasIndexed ? "exhaustive" : "indexed" };
};
