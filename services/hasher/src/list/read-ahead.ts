/**
 * Requests the next item while the last one is being processed. A consumer that stops early closes the
 * source, too.
 */
export async function* readAhead<Item>(source: AsyncIterable<Item>): AsyncGenerator<Item> {
  const items = source[Symbol.asyncIterator]();
  try {
    for (let next = items.next(); ; ) {
      const { done, value } = await next;
      if (done === true) return;
      next = items.next();
      // Avoids an unhandled rejection; the error surfaces when the item is awaited.
      next.catch(() => undefined);
      yield value;
    }
  } finally {
    await items.return?.(undefined);
  }
}
