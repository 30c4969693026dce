import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { toHex } from "@lookalike/shared/domain/primitives/encoding";
import { expect, it } from "vitest";
import { decodeEvidence } from "../evidence/decode-evidence.ts";
import { FEATURE_BYTES } from "../evidence/features.ts";
import { PrivateFact } from "../evidence/private-fact.ts";
import { hashImage } from "./hash-image.ts";
import { nativeDecodeJpeg, nativeDecodeWebp } from "./pixels/native-pixels.ts";

const FOLDER = new URL("../../golden/pictures/", import.meta.url);
const VALUES = new URL("../../golden/values.json", import.meta.url).pathname;
const LIMITS = { maxPixels: 1_000_000, timeoutSeconds: 60, features: 64 };

/** Whether the picture has the published bits here: of a JPEG or a lossy WebP only the native decoders have them. */
const hasPublishedBits = (name: string): boolean =>
  !(name.endsWith(".jpg") && nativeDecodeJpeg === null) && !(name.endsWith(".webp") && nativeDecodeWebp === null);

/** What is computed of a picture, in words and digits: a bit that changes is one line that changes. */
const valuesOf = async (file: Buffer): Promise<unknown> => {
  const outcome = await hashImage(file, LIMITS);
  if (outcome.kind === "failed" || outcome.kind === "absent") return outcome;
  const { kind, hash, signature, contentDigest, pictureDigest, evidence, facts } = outcome;
  const hex = (bytes: Uint8Array | null): string | null => (bytes === null ? null : toHex(bytes));
  if (evidence === null) throw new Error("a picture has no evidence");
  const { blockhashes, dctHashes, colours, features, exif, texture, resolution, ...rest } = decodeEvidence(evidence);
  return {
    kind,
    hash: toHex(hash),
    signature: hex(signature),
    contentDigest: hex(contentDigest),
    pictureDigest: hex(pictureDigest),
    facts,
    evidence: {
      ...rest,
      blockhashes: toHex(blockhashes),
      dctHashes: toHex(dctHashes),
      colours: toHex(colours),
      texture: JSON.stringify(texture),
      resolution: JSON.stringify(resolution),
      exif:
        exif === null
          ? null
          : Object.fromEntries(
              Object.entries(exif).map(([name, fact]) => [name, fact instanceof PrivateFact ? fact.reveal() : fact]),
            ),
      features: Array.from({ length: features.length / FEATURE_BYTES }, (_, at) =>
        toHex(features.subarray(at * FEATURE_BYTES, (at + 1) * FEATURE_BYTES)),
      ),
      digest: createHash("sha256").update(evidence).digest("hex"),
    },
  };
};

it("all that is computed of 70 pictures of every format and oddity has its published bits: lookalike/3 never changes", async () => {
  const names = readdirSync(FOLDER).sort();
  expect(names.length).toBeGreaterThan(70);
  const values: Record<string, unknown> = {};
  for (const name of names.filter(hasPublishedBits)) values[name] = await valuesOf(readFileSync(new URL(name, FOLDER)));
  if (names.every(hasPublishedBits)) await expect(`${JSON.stringify(values, null, 1)}\n`).toMatchFileSnapshot(VALUES);
  else expect(JSON.parse(readFileSync(VALUES, "utf8"))).toMatchObject(values);
});
