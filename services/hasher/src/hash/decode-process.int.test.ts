import sharp from "sharp";
import { expect, it } from "vitest";
import { createDecodeProcess } from "./decode-process.ts";
import { hashFile } from "./hash-file.ts";

const limits = { maxPixels: 1_000_000, timeoutSeconds: 60 };
const fileOf = (text: string) => ({ ...limits, file: Buffer.from(text) });
const frailDecoder = new URL("../../../../test/fixtures/frail-decoder.mjs", import.meta.url);

it("has the outcome of hashing in this process", async () => {
  const isolated = createDecodeProcess(new URL("../../dist/hash/decode-child.js", import.meta.url));
  const file = await sharp({ create: { width: 90, height: 60, channels: 3, background: "#246" } })
    .composite([{ input: { create: { width: 30, height: 30, channels: 3, background: "#fc8" } }, left: 9, top: 20 }])
    .jpeg()
    .toBuffer();
  const request = { ...limits, file };
  const [there, here] = [await isolated.hash(request), await hashFile(request)];
  expect(there).toEqual(here);
  expect(here.kind).toBe("hashed");
  await isolated.close();
});

it("a picture that crashes the decoder fails, and no other one does", async () => {
  const isolated = createDecodeProcess(frailDecoder);
  const outcomes = await Promise.all(["before", "crash", "after", "crash"].map((text) => isolated.hash(fileOf(text))));
  expect(outcomes.map((outcome) => outcome.kind === "failed" && outcome.failure)).toEqual([
    { reason: "corrupt", detail: "before" },
    { reason: "crash", detail: "the decoder's process ended: SIGSEGV" },
    { reason: "corrupt", detail: "after" },
    { reason: "crash", detail: "the decoder's process ended: SIGSEGV" },
  ]);
  await isolated.close();
});

it("a picture on which the decoder hangs times out, and the next one is hashed", async () => {
  const isolated = createDecodeProcess(frailDecoder);
  const [hung, next] = await Promise.all([
    isolated.hash({ ...fileOf("hang"), timeoutSeconds: 0 }),
    isolated.hash(fileOf("next")),
  ]);
  expect(hung).toEqual({ kind: "failed", failure: { reason: "timeout", detail: "not done after 0 s" } });
  expect(next).toMatchObject({ failure: { detail: "next" } });
  await isolated.close();
});
