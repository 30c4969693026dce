/**
 * A function of one key that loads many at once: whoever calls while `load` runs is in its next call. There is one call of `load` at a time, so
 * any number of callers costs one connection.
 * @param load gives the values of the keys that have one
 * @param limit keys of one call
 */
export const batched = <Key, Value>(
  load: (keys: readonly Key[]) => Promise<ReadonlyMap<Key, Value>>,
  limit: number,
): ((key: Key) => Promise<Value | null>) => {
  type Waiting = { readonly key: Key; resolve(value: Value | null): void; reject(error: unknown): void };
  const waiting: Waiting[] = [];
  let isLoading = false;
  const loadAll = async (): Promise<void> => {
    isLoading = true;
    while (waiting.length > 0) {
      const batch = waiting.splice(0, limit);
      try {
        const values = await load([...new Set(batch.map(({ key }) => key))]);
        for (const { key, resolve } of batch) resolve(values.get(key) ?? null);
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    isLoading = false;
  };
  return (key) =>
    new Promise((resolve, reject) => {
      waiting.push({ key, resolve, reject });
      if (!isLoading) void loadAll();
    });
};
