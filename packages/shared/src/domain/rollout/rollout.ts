import { z } from "zod";
import { fnv1a32 } from "../job/partition.ts";

/**
 * What new jobs get a little at a time (the redesign's roll-out). USE_BATCHED_COMPARISON: a window
 * of tasks instead of all at once. INDEXED_COMPARISON: the indexed kernel where it costs less.
 */
export const Feature = z.enum(["USE_BATCHED_COMPARISON", "INDEXED_COMPARISON"]);
export type Feature = z.infer<typeof Feature>;

/** How far a feature is rolled out. */
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

/** 0 to 99, the same for a job each time, and independent from feature to feature. */
export const bucketOf = (feature: Feature, job: string): number => fnv1a32(`${feature}:${job}`) % 100;

/**
 * A new job's choice: what its owner asked for, else the catalog's override, else by the percentage.
 */
export const chooseFeature = (
  { feature, percent, shadow }: Rollout,
  job: string,
  asked: boolean | null,
  override: boolean | null,
): RolloutChoice => {
  const bucket = bucketOf(feature, job);
  if (asked !== null) return { feature, enabled: asked, reason: "asked for", shadow };
  if (override !== null) return { feature, enabled: override, reason: "override of its catalog", shadow };
  return { feature, enabled: bucket < percent, reason: `bucket ${bucket} of ${percent} %`, shadow };
};

/** The options that features decide where their owner left them open. */
interface Flagged {
  readonly dispatch: "auto" | "window" | "waves" | "all";
  readonly kernel: "auto" | "exhaustive" | "indexed";
}

/** What the owner's own options say about a feature; null = nothing. */
export const explicitChoice = (feature: Feature, { dispatch, kernel }: Flagged): boolean | null => {
  if (feature === "USE_BATCHED_COMPARISON") return dispatch === "auto" ? null : dispatch !== "all";
  return kernel === "auto" ? null : kernel === "indexed";
};

/** The options with a choice carried out: what was asked for stays. */
export const optionsWith = <Options extends Flagged>(
  options: Options,
  { feature, enabled }: RolloutChoice,
): Options => {
  if (explicitChoice(feature, options) !== null) return options;
  if (feature === "USE_BATCHED_COMPARISON") return { ...options, dispatch: enabled ? "window" : "all" };
  return enabled ? options : { ...options, kernel: "exhaustive" };
};

/** The options of the job's shadow: as the job was done, but for the feature. */
export const shadowOptions = <Options extends Flagged>(
  options: Options,
  feature: Feature,
  wasIndexed: boolean,
): Options => {
  const done: Options = { ...options, kernel: wasIndexed ? "indexed" : "exhaustive" };
  return feature === "USE_BATCHED_COMPARISON"
    ? { ...done, dispatch: options.dispatch === "all" ? "window" : "all" }
    : { ...done, kernel: wasIndexed ? "exhaustive" : "indexed" };
};
