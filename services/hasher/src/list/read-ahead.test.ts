import { expect, it } from "vitest";
import { readAhead } from "./record-listing.ts";

const source = (log: string[], fails = false) =>
  (async function* () {
    try {
      for (const item of [1, 2, 3]) {
        log.push(`read ${item}`);
        yield item;
      }
      if (fails) throw new Error("no more");
    } finally {
      log.push("closed");
    }
  })();

it("reads the next item while one is processed, in order", async () => {
  const log: string[] = [];
  for await (const item of readAhead(source(log))) {
    await Promise.resolve();
    log.push(`processed ${item}`);
  }
  expect(log.filter((line) => line.startsWith("processed"))).toEqual(["processed 1", "processed 2", "processed 3"]);
  expect(log.indexOf("read 2")).toBeLessThan(log.indexOf("processed 1"));
});

it("throws an error of the source after the items before it", async () => {
  const items: number[] = [];
  const all = async (): Promise<void> => {
    for await (const item of readAhead(source([], true))) items.push(item);
  };
  await expect(all()).rejects.toThrow("no more");
  expect(items).toEqual([1, 2, 3]);
});

it("closes the source when the consumer stops early", async () => {
  const log: string[] = [];
  for await (const item of readAhead(source(log))) if (item === 1) break;
  expect(log.at(-1)).toBe("closed");
});
