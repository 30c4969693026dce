import type { Bus } from "../bus/connect.ts";
import { ensureTopology } from "../bus/topology.ts";
import type { ServiceEnvironment } from "../runtime/config.ts";
import { withMigrations } from "../store/migrate.ts";

/** The one set-up step: tables and streams. Every service runs it at start; it is quick when all is there. */
export const migrate = (environment: ServiceEnvironment, bus: Bus): Promise<void> =>
  withMigrations(environment.DATABASE_URL, () =>
    ensureTopology(bus, environment.LOOKALIKE_STREAM_REPLICAS, environment.LOOKALIKE_TOPOLOGY),
  );
