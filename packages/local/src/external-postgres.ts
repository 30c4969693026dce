import { readEnvironment, ServiceEnvironment } from "@lookalike/shared/runtime/config";
import { openStoreWhenReady } from "@lookalike/shared/store/open";

const Environment = ServiceEnvironment.pick({ DATABASE_URL: true, LOOKALIKE_DATABASE_WAIT_SECONDS: true });

/**
 * Waits until the PostgreSQL of DATABASE_URL, which somebody else runs, answers.
 * @param report gets a line where it must be waited for
 * @throws OperatorError where it does not answer in time, or refuses
 */
export const waitForPostgres = async (report: (line: string) => void): Promise<void> => {
  const { DATABASE_URL: url, LOOKALIKE_DATABASE_WAIT_SECONDS: seconds } = readEnvironment(Environment);
  const store = await openStoreWhenReady([url, "lookalike-start", 1], seconds, (reason) =>
    report(`${reason} Waiting up to ${seconds} s for it.`),
  );
  await store.close();
};
