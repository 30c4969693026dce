import sharp from "sharp";
import { expect, it } from "vitest";
import { createDecodeProcess } from "./decode-process.ts";
import { hashFile } from "./hash-file.ts";

const limits = { maxPixels: 1_000_000, timeoutSeconds: 60 };
const fileOf = (text: string) => ({ ...limits, file: Buffer.from(text) });
const frailDecoder = new URL("../../../../test/fixtures/frail-decoder.mjs", import.meta.url);

it("gives what hashing in this process gives", async () => {
  const apart = createDecodeProcess(new URL("../../dist/hash/decode-child.js", import.meta.url));
  const file = await sharp({ create: { width: 90, height: 60, channels: 3, background: "#246" } })
    .composite([{ input: { create: { width: 30, height: 30, channels: 3, background: "#fc8" } }, left: 9, top: 20 }])
    .jpeg()
    .toBuffer();
  const request = { ...limits, file };
  const [there, here] = [await apart.hash(request), await hashFile(request)];
  expect(there).toEqual(here);
  expect(here.kind).toBe("hashed");
  await apart.close();
});

it("a picture that brings the decoder down costs itself alone", async () => {
  const apart = createDecodeProcess(frailDecoder);
  const outcomes = await Promise.all(["before", "crash", "after", "crash"].map((text) => apart.hash(fileOf(text))));
  expect(outcomes.map((outcome) => outcome.kind === "failed" && outcome.failure)).toEqual([
    { reason: "corrupt", detail: "before" },
    { reason: "crash", detail: "the decoder's process ended: SIGSEGV" },
    { reason: "corrupt", detail: "after" },
    { reason: "crash", detail: "the decoder's process ended: SIGSEGV" },
  ]);
  await apart.close();
});

it("a picture on which the decoder hangs is given up, and the next one is hashed", async () => {
  const apart = createDecodeProcess(frailDecoder);
  const [hung, next] = await Promise.all([
    apart.hash({ ...fileOf("hang"), timeoutSeconds: 0 }),
    apart.hash(fileOf("next")),
  ]);
  expect(hung).toEqual({ kind: "failed", failure: { reason: "timeout", detail: "not done after 0 s" } });
  expect(next).toMatchObject({ failure: { detail: "next" } });
  await apart.close();
});
