/** The layers: services -> engine, shared/{bus,store,runtime} -> shared/domain. */
module.exports = {
  forbidden: [
    {
      name: "domain-is-pure",
      comment: "Decisions are pure functions: no client library, no other layer; of Node only hashing and deflating.",
      severity: "error",
      from: { path: "^packages/shared/src/domain/", pathNot: "\\.test\\.ts$" },
      to: { pathNot: "^packages/shared/src/domain/|node_modules/.*zod|^(node:)?(crypto|zlib)$" },
    },
    {
      name: "only-the-bus-knows-nats",
      severity: "error",
      from: { pathNot: "^packages/shared/src/bus/|^test/|^bench/" },
      to: { path: "node_modules/(\\.pnpm/)?nats" },
    },
    {
      name: "only-the-store-knows-postgres",
      comment: "The quick start makes its own database before there is a store.",
      severity: "error",
      from: { pathNot: "^packages/shared/src/store/|^packages/local/src/postgres.ts|^test/|^bench/" },
      to: { path: "node_modules/(\\.pnpm/)?(drizzle-orm|pg)[@/]" },
    },
    {
      name: "services-are-independent",
      severity: "error",
      from: { path: "^services/([^/]+)/" },
      to: { path: "^services/", pathNot: "^services/$1/" },
    },
    {
      name: "shared-stands-alone",
      severity: "error",
      from: { path: "^packages/shared/" },
      to: { path: "^(services|packages/(engine|local|cli))/" },
    },
    {
      name: "engine-does-no-io",
      severity: "error",
      from: { path: "^packages/engine/src/", pathNot: "\\.test\\.ts$" },
      to: { path: "^packages/shared/(src|dist)/(?!domain/)" },
    },
    { name: "no-cycles", severity: "error", from: {}, to: { circular: true } },
  ],
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
      conditionNames: ["import", "default"],
      extensions: [".ts", ".js", ".mjs"],
    },
  },
};
