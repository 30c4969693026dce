import { connectBusWhenReady } from "@lookalike/shared/bus/connect";
import type { Source } from "@lookalike/shared/domain/job/source";
import { readEnvironment, ServiceEnvironment } from "@lookalike/shared/runtime/config";
import type { Patience } from "@lookalike/shared/runtime/when-ready";
import { sourcesInUse } from "@lookalike/shared/store/catalog/catalogs";
import { openStore, openStoreWhenReady } from "@lookalike/shared/store/open";

const NAME = "lookalike-start";
const PostgresEnvironment = ServiceEnvironment.pick({ DATABASE_URL: true, LOOKALIKE_DATABASE_WAIT_SECONDS: true });
const NatsEnvironment = ServiceEnvironment.pick({
  NATS_URL: true,
  NATS_NKEY: true,
  NATS_CREDS: true,
  NATS_CA: true,
  NATS_CERT: true,
  NATS_KEY: true,
  LOOKALIKE_NATS_WAIT_SECONDS: true,
});

/** Reports a line where a server must be waited for. */
type Report = (line: string) => void;

const patience = (seconds: number, report: Report): Patience => ({
  seconds,
  onWait: (reason) => report(`${reason} Waiting up to ${seconds} s for it.`),
});

/**
 * Waits until the PostgreSQL of DATABASE_URL, which somebody else runs, answers.
 * @throws OperatorError where it does not answer in time, or refuses
 */
export const waitForPostgres = async (report: Report): Promise<void> => {
  const { DATABASE_URL: url, LOOKALIKE_DATABASE_WAIT_SECONDS: seconds } = readEnvironment(PostgresEnvironment);
  const store = await openStoreWhenReady([url, NAME, 1], patience(seconds, report));
  await store.close();
};

/**
 * Waits until the NATS of NATS_URL, which somebody else runs, answers.
 * @throws OperatorError where it does not answer in time, or refuses
 */
export const waitForNats = async (report: Report): Promise<void> => {
  const { NATS_URL: urls, LOOKALIKE_NATS_WAIT_SECONDS: seconds, ...files } = readEnvironment(NatsEnvironment);
  const bus = await connectBusWhenReady([urls, NAME, () => undefined, files], patience(seconds, report));
  await bus.connection.close();
};

/** The sources that the catalogs of the quick start's tenant have in a database. */
export const cataloguedSources = async (url: string): Promise<Source[]> => {
  const store = await openStore(url, NAME, 1);
  return sourcesInUse(store.db, "default").finally(() => store.close());
};
