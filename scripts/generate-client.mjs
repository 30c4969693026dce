// `pnpm generate:client`: the OpenAPI document of the API as it is built, and the client's types from it.
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./setup.mjs";

// Not the whole set-up: what the client's types are wrong for can't be built before they are right.
spawnSync(process.execPath, ["node_modules/typescript/bin/tsc", "-b", "services/api"], { cwd: ROOT, stdio: "inherit" });
const { createApp } = await import("../services/api/dist/app.js");
const { CONNECTIONS } = await import("../services/api/dist/limits/limits.js");
const silent = () => undefined;
const log = Object.fromEntries(["trace", "debug", "info", "warn", "error", "fatal"].map((level) => [level, silent]));
const app = await createApp({
  tenants: { everyTenant: { db: null } },
  log: { ...log, child: () => log },
  archiver: null,
  health: null,
  sources: { roots: [], buckets: [] },
  thumbnails: null,
  nearest: null,
  requestsPerMinute: 1,
  requestMs: 120_000,
  connections: CONNECTIONS,
  webhooksInside: false,
  sealingKeys: [],
  trustedProxies: [],
});
await app.ready();
const document = join(ROOT, "packages/client/openapi.json");
// Sorted by name, so that the files do not change when a route moves to another module.
const sorted = (named) => Object.fromEntries(Object.entries(named).sort(([a], [b]) => (a < b ? -1 : 1)));
const swagger = app.swagger();
swagger.paths = sorted(swagger.paths);
swagger.components.schemas = sorted(swagger.components.schemas);
writeFileSync(document, `${JSON.stringify(swagger, null, 2)}\n`);
// The generator needs an older TypeScript than ours: it runs with one of its own.
const { status } = spawnSync(
  "npx",
  [
    ...["-y", "pnpm@12.21.0", "dlx", "openapi-typescript@7.13.0"],
    ...[document, "-o", "packages/client/src/schema.ts", "--default-non-nullable=false"],
  ],
  { cwd: ROOT, stdio: "inherit" },
);
if (status !== 0) process.exit(1);
spawnSync(process.execPath, ["node_modules/@biomejs/biome/bin/biome", "format", "--write", "packages/client"], {
  cwd: ROOT,
  stdio: "inherit",
});
