/**
 * Who may import whom. Layers, from the ground up: runtime and domain; bus, store and sources; service;
 * engine beside them on domain alone; the services on top, separate from each other. Tests and benches
 * stand outside: they may look at the inside, but nothing in production may look at them.
 *
 * scripts/check-layers.mjs has one negative control for each rule.
 */
const TESTS = "\\.(test|fixtures)\\.ts$";
const DOMAIN = "^packages/shared/src/domain/";

/** @param rules one entry for each name: comment, from, to */
const errors = (rules) => Object.entries(rules).map(([name, rule]) => ({ name, severity: "error", ...rule }));

module.exports = {
  forbidden: errors({
    "domain-is-pure": {
      comment: "Decisions are pure functions: no client library, no other layer; of Node only hashing and deflating.",
      from: { path: DOMAIN, pathNot: TESTS },
      to: { pathNot: `${DOMAIN}|node_modules/.*zod|^(node:)?(crypto|zlib)$` },
    },
    "domain-primitives-are-the-ground": {
      from: { path: `${DOMAIN}primitives/`, pathNot: TESTS },
      to: { path: `${DOMAIN}(?!primitives/)` },
    },
    "domain-image-knows-no-job": {
      from: { path: `${DOMAIN}image/`, pathNot: TESTS },
      to: { path: `${DOMAIN}(job|rollout|grouping|review)/` },
    },
    "domain-job-knows-no-groups": {
      from: { path: `${DOMAIN}(job|rollout)/`, pathNot: TESTS },
      to: { path: `${DOMAIN}(grouping|review)/` },
    },
    "domain-grouping-knows-no-review": {
      from: { path: `${DOMAIN}grouping/`, pathNot: TESTS },
      to: { path: `${DOMAIN}review/` },
    },
    "runtime-is-the-ground": {
      comment: "What every process needs whatever it does: it imports nothing of ours.",
      from: { path: "^packages/shared/src/runtime/", pathNot: TESTS },
      to: { path: "^(packages|services)/", pathNot: "^packages/shared/src/runtime/" },
    },
    "bus-store-and-sources-are-independent": {
      from: { path: "^packages/shared/src/(bus|store|sources)/", pathNot: TESTS },
      to: { path: "^packages/shared/src/(bus|store|sources)/", pathNot: "^packages/shared/src/$1/" },
    },
    "service-is-the-roof": {
      comment: "It connects bus and store for the services' main files: nothing below may need it.",
      from: { path: "^packages/", pathNot: "^packages/shared/src/service/" },
      to: { path: "^packages/shared/src/service/" },
    },
    "only-the-bus-knows-nats": {
      from: { pathNot: "^packages/shared/src/bus/|^test/|^bench/|^node_modules/" },
      to: { path: "node_modules/(\\.pnpm/)?nats" },
    },
    "only-the-store-knows-postgres": {
      comment: "The local servers create their database before there is a store.",
      from: { pathNot: "^packages/shared/src/store/|^packages/local/src/postgres.ts|^test/|^bench/|^node_modules/" },
      to: { path: "node_modules/(\\.pnpm/)?(drizzle-orm|pg)[@/]" },
    },
    "shared-stands-alone": {
      from: { path: "^packages/shared/" },
      to: { path: "^packages/(?!shared/)" },
    },
    "engine-does-no-io": {
      from: { path: "^packages/engine/src/", pathNot: TESTS },
      to: { path: "^packages/shared/(?!src/domain/)" },
    },
    "clients-use-the-rest-api": {
      comment: "The command line and the review page see what every other client of the REST API sees.",
      from: { path: "^packages/(cli|client|review)/" },
      to: { path: "^packages/(engine|shared/src/(bus|store|sources))/" },
    },
    "only-start-loads-the-servers": {
      comment: "No other command needs them, and each should answer at once.",
      from: { path: "^packages/cli/src/", pathNot: "^packages/cli/src/start/(start|local)\\.ts" },
      to: { path: "^packages/local/src/(?!(instance|processes)\\.ts)" },
    },
    "packages-know-no-service": {
      comment: "packages/local starts the services as processes; it imports none of them.",
      from: { path: "^packages/" },
      to: { path: "^services/" },
    },
    "services-are-independent": {
      comment: "Their tests too: what crosses services is tested from outside, in test/.",
      from: { path: "^services/([^/]+)/" },
      to: { path: "^services/", pathNot: "^services/$1/" },
    },
    "production-knows-no-tests": {
      from: { path: "^(packages|services)/", pathNot: TESTS },
      to: { path: `${TESTS}|^test/|node_modules/(\\.pnpm/)?(vitest|fast-check)[@/]` },
    },
    "production-declares-what-it-imports": {
      comment:
        "The image has the packages of each package.json alone; in the workspace, those of the root are found, too. The review page is bundled.",
      from: { path: "^(packages|services)/[^/]+/src/", pathNot: `${TESTS}|^packages/review/` },
      to: {
        dependencyTypes: ["npm-dev", "npm-no-pkg", "npm-unknown"],
        dependencyTypesNot: ["type-only"],
        pathNot: "node_modules/(\\.pnpm/)?(nats|drizzle-orm|pg|vitest|fast-check)[@/]",
      },
    },
    "nothing-knows-the-benches": {
      from: { pathNot: "^bench/" },
      to: { path: "^bench/" },
    },
    "system-tests-stay-outside": {
      comment:
        "They drive processes through what is public; a test of one service's inside is its *.int.test.ts. The replay takes the coordinator's inside and the comparer's; the model, the coordinator's pure decisions.",
      from: { path: "^test/", pathNot: "^test/(support/|model/|pipeline/log-replayed)" },
      to: { path: "^services/" },
    },
    "no-cycles": { from: {}, to: { circular: true } },
  }),
  options: {
    // Beside TypeScript 7 the default parser finds no modules at all, and so no violations.
    parser: "swc",
    doNotFollow: { path: "node_modules|/dist/" },
    includeOnly: "^(packages|services|test|bench|node_modules)|^(node:)?[a-z_/]+$",
    // Its swc parser knows no JSX: of the review page the modules without it are checked.
    exclude: { path: "\\.tsx$" },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["source", "import", "default"],
      extensions: [".ts", ".js", ".mjs"],
    },
  },
};
