/** Every table, by subject. The migrations are generated from these files: `pnpm --filter @lookalike/shared generate`. */
export * from "./schema/access.ts";
export * from "./schema/blocks.ts";
export * from "./schema/catalog.ts";
export * from "./schema/jobs.ts";
export * from "./schema/results.ts";
export * from "./schema/review.ts";
export * from "./schema/rollout.ts";
