/** Asks for the next item while the last one is being worked on. Who stops early stops the source, too. */
export async function* readAhead<Item>(given: AsyncIterable<Item>): AsyncGenerator<Item> {
  const items = given[Symbol.asyncIterator]();
  try {
    for (let next = items.next(); ; ) {
      const { done, value } = await next;
      if (done === true) return;
      next = items.next();
      // Looked at when its turn comes; until then a failure is nobody's.
      next.catch(() => undefined);
      yield value;
    }
  } finally {
    await items.return?.(undefined);
  }
}
