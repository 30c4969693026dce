/**
 * One call of `read` at a time. Callers that arrive while it runs share the next call, which starts
 * after they arrived: so many callers get an answer no older than their question for the price of few.
 * It gets the arguments of the first of them, on which its answer must not depend.
 */
export const coalesce = <Arguments extends unknown[], Result>(
  read: (...inputs: Arguments) => Promise<Result>,
): ((...inputs: Arguments) => Promise<Result>) => {
  let running: Promise<unknown> = Promise.resolve();
  let next: Promise<Result> | null = null;
  return (...inputs) => {
    next ??= running.then(() => {
      next = null;
      const result = read(...inputs);
      running = result.catch(() => undefined);
      return result;
    });
    return next;
  };
};
