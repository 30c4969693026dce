import { expect, it } from "vitest";
import { readAhead } from "./read-ahead.ts";

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

it("reads the next item while one is worked on, in order", async () => {
  const log: string[] = [];
  for await (const item of readAhead(source(log))) {
    await Promise.resolve();
    log.push(`got ${item}`);
  }
  expect(log.filter((line) => line.startsWith("got"))).toEqual(["got 1", "got 2", "got 3"]);
  expect(log.indexOf("read 2")).toBeLessThan(log.indexOf("got 1"));
});

it("gives a failure after the items before it", async () => {
  const got: number[] = [];
  const all = async (): Promise<void> => {
    for await (const item of readAhead(source([], true))) got.push(item);
  };
  await expect(all()).rejects.toThrow("no more");
  expect(got).toEqual([1, 2, 3]);
});

it("closes the source when who reads has enough", async () => {
  const log: string[] = [];
  for await (const item of readAhead(source(log))) if (item === 1) break;
  expect(log.at(-1)).toBe("closed");
});
