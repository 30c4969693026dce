import { OPERATORS_TENANT } from "@lookalike/shared/domain/review/access";
import { EXIT, OperatorError } from "@lookalike/shared/runtime/errors";
import { runService } from "@lookalike/shared/service/run";
import { insertAccessKey } from "@lookalike/shared/store/access/access-keys";
import { sealingKeysFrom } from "@lookalike/shared/store/access/seal";
import { createApp } from "./app.ts";
import { createArchiver } from "./archive/archiver.ts";
import { createBulk } from "./bulk/bulk-threads.ts";
import { createDecoders } from "./decode/decoders.ts";
import { ApiEnvironment } from "./environment.ts";
import { BACKLOG, CONNECTIONS, REQUEST_SECONDS } from "./limits/limits.ts";
import { picturesIn } from "./pictures/picture.ts";
import { startPreparing } from "./pictures/prepare-thumbnails.ts";
import { createThumbnails } from "./pictures/thumbnails.ts";
import { createNearest } from "./query/nearest.ts";
import { createSpool } from "./spool/spool.ts";
import { startDeliveries } from "./webhooks/deliver.ts";
import { sealSecrets } from "./webhooks/seal-secrets.ts";

runService({
  name: "api",
  environment: ApiEnvironment,
  connections: 10,
  async start({ environment, bus, store, log }) {
    const { LOOKALIKE_FIRST_KEY: key, LOOKALIKE_HOST: host, LOOKALIKE_PORT: port } = environment;
    const { LOOKALIKE_WEBHOOKS_INSIDE: webhooksInside } = environment;
    const { tenants } = store;
    if (key !== undefined) {
      const first = { key, tenant: OPERATORS_TENANT, name: "owner", scope: "admin" } as const;
      await insertAccessKey(tenants.ofTenant(OPERATORS_TENANT).db, first);
    }
    const sealingKeys = sealingKeysFrom([...environment.LOOKALIKE_SEALING_KEY, ...(key === undefined ? [] : [key])]);
    await sealSecrets(tenants.everyTenant.db, log, sealingKeys);
    const sources = { roots: environment.LOOKALIKE_SOURCE_ROOTS, buckets: environment.LOOKALIKE_SOURCE_BUCKETS };
    const archiver = createArchiver(tenants, sources, log, sealingKeys);
    const spool = createSpool();
    const decoders = createDecoders(
      {
        memoryBytes: environment.LOOKALIKE_DECODER_MEMORY_BYTES,
        pixelsAtOnce: environment.LOOKALIKE_PIXELS_IN_FLIGHT,
      },
      log,
    );
    const bulk = createBulk(environment.DATABASE_URL, `${bus.name}-bulk`);
    const parts = { decoders, spool, picturesOf: picturesIn(sources) };
    const thumbnails = createThumbnails(environment.LOOKALIKE_THUMBNAILS, parts, log);
    const { prepare } = thumbnails;
    const { LOOKALIKE_PREPARED_GROUPS: preparedGroups } = environment;
    const preparing =
      prepare === null || preparedGroups === 0 ? null : startPreparing(tenants, prepare, preparedGroups, log);
    const app = await createApp({
      tenants,
      log,
      archiver,
      health: { postgres: store.isReachable, nats: bus.isConnected },
      sources,
      thumbnails,
      decoders,
      spool,
      bulk,
      nearest: createNearest(tenants),
      requestsPerMinute: environment.LOOKALIKE_REQUESTS_PER_MINUTE,
      requestMs: REQUEST_SECONDS * 1_000,
      connections: CONNECTIONS,
      webhooksInside,
      sealingKeys,
      trustedProxies: environment.LOOKALIKE_TRUSTED_PROXIES,
    });
    const retrySeconds = environment.LOOKALIKE_WEBHOOK_RETRY_SECONDS;
    const deliveries = startDeliveries(tenants.everyTenant.db, log, {
      retrySeconds,
      allowsInside: webhooksInside,
      sealingKeys,
    });
    const address = await app.listen({ host, port, backlog: BACKLOG }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EADDRINUSE") throw error;
      throw new OperatorError(
        `LOOKALIKE_PORT=${port}: that port is in use on ${host}. Stop what uses it, or set LOOKALIKE_PORT to a free one.`,
        EXIT.unavailable,
      );
    });
    log.info({ address }, "listening");
    process.send?.({ address });
    const stop = async () => {
      await app.close();
      await Promise.all([archiver.stop(), deliveries.stop(), preparing?.stop()]);
      await Promise.all([decoders.close(), bulk.stop(), spool.close()]);
    };
    return { stop, status: async () => ({ address }), endpoints: [] };
  },
});
