import { foundImage } from "@lookalike/shared/domain/image/listed-image";
import { createLogger } from "@lookalike/shared/runtime/log";
import sharp from "sharp";
import { expect, it } from "vitest";
import { createDecoders } from "./decoders.ts";
import { hashFile } from "./hash-file.ts";

const LIMITS = {
  LOOKALIKE_DECODER_MEMORY_BYTES: 2 ** 30,
  LOOKALIKE_IMAGE_TIMEOUT_SECONDS: 60,
  LOOKALIKE_MAX_FILE_BYTES: 2 ** 30,
  LOOKALIKE_MAX_PIXELS: 1_000_000,
  LOOKALIKE_PIXELS_IN_FLIGHT: 1_000_000,
};
const log = createLogger("test", "silent");
const decoder = new URL("../../dist/hash/decode-child.js", import.meta.url);
const frailDecoder = new URL("../../../../test/fixtures/frail-decoder.mjs", import.meta.url);

it("has the outcome of hashing in this process", async () => {
  const decoders = createDecoders(LIMITS, 1, log, decoder);
  const file = await sharp({ create: { width: 90, height: 60, channels: 3, background: "#246" } })
    .composite([{ input: { create: { width: 30, height: 30, channels: 3, background: "#fc8" } }, left: 9, top: 20 }])
    .jpeg()
    .toBuffer();
  const here = await hashFile({ content: file, features: 9 }, { maxPixels: 1_000_000, timeoutSeconds: 60 });
  expect(await decoders.hash({ content: file, features: 9 }, "picture")).toEqual(here);
  expect(here.kind).toBe("hashed");
  await decoders.close();
});

it("a picture that crashes or fills the decoder's process fails, and no other one does", async () => {
  const decoders = createDecoders(LIMITS, 2, log, frailDecoder);
  const outcomes = await Promise.all(
    ["before", "crash", "after", "fill", "crash", "last"].map((text) =>
      decoders.hash({ content: Buffer.from(text), features: 0 }, text),
    ),
  );
  const crash = { reason: "crash", detail: "its process ended: SIGSEGV" };
  expect(outcomes.map((outcome) => outcome.kind === "failed" && outcome.failure)).toEqual([
    { reason: "corrupt", detail: "before" },
    crash,
    { reason: "corrupt", detail: "after" },
    { reason: "out-of-memory", detail: "it needs more memory than it may use" },
    crash,
    { reason: "corrupt", detail: "last" },
  ]);
  await decoders.close();
});

it("a small file that ends the process of its batch fails alone", async () => {
  const decoders = createDecoders(LIMITS, 1, log, frailDecoder);
  const source = { kind: "directory", place: { root: "/photos", below: "" } } as const;
  const hash = (path: string) =>
    decoders.hashListed(source, { ordinal: 0, ...foundImage({ path, fingerprint: "", bytes: 1_000 }) }, 0);
  const outcomes = await Promise.all(["before", "crash", "after"].map(hash));
  expect(outcomes.map((outcome) => outcome.kind === "failed" && outcome.failure)).toEqual([
    { reason: "corrupt", detail: "before" },
    { reason: "crash", detail: "its process ended: SIGSEGV" },
    { reason: "corrupt", detail: "after" },
  ]);
  await decoders.close();
});

it("a picture on which the decoder hangs times out, and the next one is hashed", async () => {
  const decoders = createDecoders({ ...LIMITS, LOOKALIKE_IMAGE_TIMEOUT_SECONDS: 0 }, 1, log, frailDecoder);
  const [hung, next] = await Promise.all(
    ["hang", "next"].map((text) => decoders.hash({ content: Buffer.from(text), features: 0 }, text)),
  );
  expect(hung).toEqual({ kind: "failed", failure: { reason: "timeout", detail: "not done after 0 s" } });
  expect(next).toMatchObject({ failure: { detail: "next" } });
  await decoders.close();
});

it("a process that can't start is no picture's fault", async () => {
  const decoders = createDecoders(LIMITS, 1, log, new URL("./no-such-decoder.js", import.meta.url));
  await expect(decoders.hash({ content: Buffer.from("any"), features: 0 }, "any")).rejects.toThrow(/can't start/);
  await decoders.close();
});
