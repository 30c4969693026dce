import { startPostgres } from "@lookalike/local/postgres";
import { createLogger } from "@lookalike/shared/runtime/log";
import type { AllowedRoot } from "@lookalike/shared/sources/allowed-sources";
import { sealingKeysFrom } from "@lookalike/shared/store/access/seal";
import { openStore, type Store } from "@lookalike/shared/store/open";
import type { FastifyInstance } from "fastify";
import { type AppParts, createApp } from "../../services/api/src/app.ts";
import { createArchiver } from "../../services/api/src/archive/archiver.ts";
import { createBulk } from "../../services/api/src/bulk/bulk-threads.ts";
import { createDecoders } from "../../services/api/src/decode/decoders.ts";
import { CONNECTIONS } from "../../services/api/src/limits/limits.ts";
import { picturesIn } from "../../services/api/src/pictures/picture.ts";
import { createThumbnails } from "../../services/api/src/pictures/thumbnails.ts";
import { createSpool } from "../../services/api/src/spool/spool.ts";
import { temporaryFolder } from "./folders.ts";
import { openPreparedData } from "./prepared-data.ts";

/** The HTTP application in this process, over a real PostgreSQL and nothing else. */
export interface TestApp {
  readonly app: FastifyInstance;
  /** The database as an administrator sees it. */
  readonly store: Store;
  /** The connections of the application. */
  readonly pool: Store["pool"];
  /** Sources of the tenant `default` may be here. */
  readonly folder: string;
  /** Where sources may be; a test may change it. */
  readonly roots: AllowedRoot[];
  stop(): Promise<void>;
}

/** The processes and threads of the API are built ones. */
const BUILT_API = new URL("../../services/api/dist/", import.meta.url);

export const startApp = async (
  options: Partial<Pick<AppParts, "requestsPerMinute" | "requestMs" | "connections">> & {
    readonly nats?: () => boolean;
  } = {},
): Promise<TestApp> => {
  const { path: folder, remove } = await temporaryFolder();
  const server = await startPostgres(await openPreparedData(folder));
  await server.migrate();
  const store = await openStore(server.url, "test", 4);
  const own = await openStore(server.urlOf("api"), "test-api", 4);
  const { tenants } = own;
  const log = createLogger("test", "silent");
  const roots = [{ tenant: "default", root: folder }];
  const sources = {
    roots,
    buckets: [{ tenant: "default", bucket: "pictures" }],
  };
  const sealingKeys = sealingKeysFrom([Buffer.alloc(32, "sealing")]);
  const archiver = createArchiver(tenants, sources, log, sealingKeys);
  const decoders = createDecoders(
    { memoryBytes: 2 ** 30, pixelsAtOnce: 10 ** 8 },
    log,
    new URL("decode/decode-child.js", BUILT_API),
  );
  const spool = createSpool(folder);
  const bulk = createBulk(server.urlOf("api"), "test-bulk", new URL("bulk/bulk-worker.js", BUILT_API));
  const app = await createApp({
    tenants,
    log,
    archiver,
    health: { postgres: own.isReachable, nats: options.nats ?? (() => true) },
    sources,
    thumbnails: createThumbnails("", { decoders, spool, picturesOf: picturesIn(sources) }, log),
    decoders,
    spool,
    bulk,
    // The worker thread of the real search needs the built API.
    nearest: async () => [],
    requestsPerMinute: options.requestsPerMinute ?? 5_000,
    requestMs: options.requestMs ?? 120_000,
    connections: options.connections ?? CONNECTIONS,
    webhooksInside: false,
    sealingKeys,
    trustedProxies: ["loopback"],
  });
  return {
    app,
    store,
    pool: own.pool,
    folder,
    roots,
    async stop() {
      await app.close();
      await Promise.all([decoders.close(), bulk.stop()]);
      await archiver.stop();
      await Promise.all([store.close(), own.close()]);
      await server.stop();
      await remove();
    },
  };
};
