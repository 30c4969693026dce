/** An answer is as good as a new one for so long. */
const FRESH_MS = 500;
/** A health check does not wait longer than this for an answer that is on its way. */
const PATIENCE_MS = 50;
/** Without an answer for so long, the database is away. */
const AWAY_MS = 2_000;

/**
 * Whether a server answers, for health checks: they come often, must be quick whatever happens, and cost one probe at a time.
 * @param probe fails when the server does not answer
 */
export const createReachability = (probe: () => Promise<unknown>): (() => Promise<boolean>) => {
  let last = { isReachable: true, at: Number.NEGATIVE_INFINITY };
  let running: { readonly result: Promise<boolean>; readonly startedAt: number } | null = null;
  const start = (): Promise<boolean> => {
    const result = probe()
      .then(
        () => true,
        () => false,
      )
      .then((isReachable) => {
        last = { isReachable, at: performance.now() };
        running = null;
        return isReachable;
      });
    running = { result, startedAt: performance.now() };
    return result;
  };
  return async () => {
    if (performance.now() - last.at < FRESH_MS) return last.isReachable;
    const { result, startedAt } = running ?? { result: start(), startedAt: performance.now() };
    const isLate = performance.now() - startedAt > AWAY_MS;
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(last.isReachable && !isLate), PATIENCE_MS);
    });
    return Promise.race([result, patience]).finally(() => clearTimeout(timer));
  };
};
