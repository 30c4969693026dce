import { expect, it } from "vitest";
import { HotStatements } from "./hot-statements.ts";

it("a statement that is used often gets a name of its own, which it keeps", () => {
  const statements = new HotStatements();
  const used = (text: string, times: number) =>
    Array.from({ length: times }, () => statements.named({ text, rowMode: "array" })).at(-1);
  expect(used("select 1", 9)).toEqual({ text: "select 1", rowMode: "array" });
  expect(used("select 1", 1)).toEqual({ text: "select 1", rowMode: "array", name: "hot_0" });
  expect(used("select 2", 20)).toMatchObject({ name: "hot_1" });
  expect(used("select 1", 1)).toMatchObject({ name: "hot_0" });
});

it("what has a name, is a stream of its own, or has another text each time is left as it is", () => {
  const statements = new HotStatements();
  const others = [
    "select 1",
    { text: "select 1", name: "mine" },
    { text: "copy image from stdin", submit: () => undefined },
    { text: `select ${"1,".repeat(8_000)}` },
    { text: "select 1 where /* planned each time */ true" },
  ];
  for (const query of others) for (let use = 0; use < 20; use += 1) expect(statements.named(query)).toBe(query);
});

it("statements have a number, so that they don't fill the memory of connections", () => {
  const statements = new HotStatements();
  const isNamed = (at: number): boolean =>
    Array.from({ length: 10 }, () => statements.named({ text: `select ${at}` })).some((query) =>
      Object.hasOwn(query as object, "name"),
    );
  expect(Array.from({ length: 300 }, (_, at) => isNamed(at)).filter(Boolean)).toHaveLength(200);
});
