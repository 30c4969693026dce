import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hashImage } from "@lookalike/engine/hash/hash-image";
import { createLogger } from "@lookalike/shared/runtime/log";
import { fingerprintOf } from "@lookalike/shared/sources/listed-file";
import sharp from "sharp";
import { afterAll, beforeAll, expect, it } from "vitest";
import { packedZeros } from "../../../../test/support/hostile-images/bombs/parts.ts";
import { pngChunk, pngHeader, pngOf } from "../../../../test/support/png-bomb.ts";
import { createDecoders, type Decoders } from "./decoders.ts";

let folder: string;
let decoders: Decoders;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lookalike-decoders-"));
  decoders = createDecoders(
    { memoryBytes: 512 * 1_048_576, pixelsAtOnce: 10_000_000 },
    createLogger("test", "silent"),
    new URL("../../dist/decode/decode-child.js", import.meta.url),
  );
});
afterAll(async () => {
  await decoders.close();
  await rm(folder, { recursive: true });
});

const paint = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: "#246" } }).composite([
    { input: { create: { width: width >> 1, height: height >> 1, channels: 3, background: "#fc8" } }, left: 0, top: 0 },
  ]);

it("gives the hash of hashing in this process, and a thumbnail of a listed file", async () => {
  const path = join(folder, "picture.jpg");
  await paint(900, 600).jpeg().toFile(path);
  const bytes = await sharp(path).toBuffer();
  await writeFile(path, bytes);
  expect(await decoders.hash(path)).toEqual(
    await hashImage(bytes, { maxPixels: 1_000_000, timeoutSeconds: 60, features: 0 }),
  );
  const listed = {
    root: { root: folder, below: "" },
    path: "picture.jpg",
    fingerprint: fingerprintOf(await stat(path, { bigint: true })),
  };
  expect(await sharp(await decoders.thumbnail(listed, "small")).metadata()).toMatchObject({
    format: "webp",
    width: 320,
  });
  await expect(decoders.thumbnail({ ...listed, fingerprint: "other" }, "small")).rejects.toMatchObject({ status: 410 });
});

it.runIf(process.platform === "linux")(
  "refuses a picture that needs more memory than it may, and no other one",
  async () => {
    const path = join(folder, "large.png");
    // An interlaced one is decoded as a whole: 648 MB.
    await writeFile(
      path,
      pngOf(pngHeader(9_000, 9_000, 16, 6, 1), [pngChunk("IDAT", packedZeros(9_000 * 9_000 * 8 + 20_000))]),
    );
    const small = join(folder, "small.png");
    await paint(90, 60).png().toFile(small);
    const [large, other, thumbnail] = await Promise.all([
      decoders.hash(path),
      decoders.hash(small),
      decoders.thumbnail(path, "small").catch((error: unknown) => error),
    ]);
    expect(large).toMatchObject({ kind: "failed", failure: { reason: "out-of-memory" } });
    expect(other.kind).toBe("hashed");
    expect(thumbnail).toMatchObject({ status: 415 });
  },
);
