import { register } from "prom-client";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { createLogger } from "../runtime/log.ts";
import { jsonOf, readPayload } from "./payload.ts";

const log = createLogger("test", "silent");
const Schema = z.object({ images: z.int() });
const read = (text: string) => readPayload(Schema, jsonOf(text), "progress", log);
const unreadable = async (): Promise<number> => {
  const metric = await register.getSingleMetric("lookalike_unreadable_messages_total")?.get();
  return metric?.values.find(({ labels }) => labels["channel"] === "progress")?.value ?? 0;
};

describe("a message's payload", () => {
  it("is read by its schema", () => {
    expect(read('{"images":3,"more":1}')).toEqual({ images: 3 });
  });

  it.each(["", "{", "null", '"text"', '{"images":1.5}'])("is counted and never thrown where it is %j", async (text) => {
    const before = await unreadable();
    expect(read(text)).toBeNull();
    expect(await unreadable()).toBe(before + 1);
  });
});
