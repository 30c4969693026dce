/**
 * One call of `read` at a time. Callers that arrive while it runs share the next call, which starts
 * after they arrived: so many callers get an answer no older than their question for the price of few.
 */
export const coalesce = <Result>(read: () => Promise<Result>): (() => Promise<Result>) => {
  let running: Promise<unknown> = Promise.resolve();
  let next: Promise<Result> | null = null;
  return () => {
    next ??= running.then(() => {
      next = null;
      const result = read();
      running = result.catch(() => undefined);
      return result;
    });
    return next;
  };
};
