interface Waiting {
  readonly size: number;
  readonly begin: () => void;
}

/** Runs one piece of work at a time: of those that wait, the smallest one is next. */
export const createSmallestFirst = () => {
  const waiting: Waiting[] = [];
  let isRunning = false;
  const beginNext = (): void => {
    const next = waiting.reduce<Waiting | undefined>(
      (smallest, one) => (smallest === undefined || one.size < smallest.size ? one : smallest),
      undefined,
    );
    if (isRunning || next === undefined) return;
    waiting.splice(waiting.indexOf(next), 1);
    isRunning = true;
    next.begin();
  };
  return async <Result>(size: number, work: () => Promise<Result>): Promise<Result> => {
    await new Promise<void>((begin) => {
      waiting.push({ size, begin });
      beginNext();
    });
    try {
      return await work();
    } finally {
      isRunning = false;
      beginNext();
    }
  };
};
