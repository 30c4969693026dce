/** Every table, by subject. The migrations are generated from these files: `pnpm --filter @lookalike/shared generate`. */
export * from "./schema/access.ts";
export * from "./schema/catalog.ts";
export * from "./schema/jobs.ts";
export * from "./schema/results.ts";
export * from "./schema/review.ts";
// Ends with the roll-out: decision 0037.
export * from "./schema/rollout.ts";
