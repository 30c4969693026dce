import { inspect } from "node:util";
import { crc32 } from "node:zlib";
import { byteAt } from "@lookalike/shared/domain/primitives/columns";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeEvidence, EvidenceError } from "./decode-evidence.ts";
import { encodeEvidence } from "./encode-evidence.ts";
import type { Evidence } from "./evidence.ts";
import { HEAD, HEAD_BYTES, TEXTURE_FIELDS } from "./evidence-format.ts";
import type { ExifFacts } from "./exif-facts.ts";
import { FEATURE_BYTES } from "./features.ts";
import { CHROMA_SUBSAMPLINGS } from "./jpeg-facts.ts";
import { PrivateFact } from "./private-fact.ts";
import type { Texture } from "./texture.ts";

const byte = fc.integer({ min: 0, max: 255 });
const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const text = fc.option(fc.string({ maxLength: 64, unit: "grapheme" }).filter((found) => found.length <= 64));
const hidden = <Value>(value: fc.Arbitrary<Value>) => fc.option(value.map((fact) => new PrivateFact(fact)));

/** A feature inside a working picture of at least 16 x 16. */
const feature = fc
  .tuple(fc.integer({ min: 0, max: 1023 }), fc.integer({ min: 0, max: 1023 }), fc.nat(11), fc.nat(63), bytes(32))
  .map(([x, y, level, angle, descriptor]) => [x & 255, x >> 8, y & 255, y >> 8, level, angle, ...descriptor]);

const exif: fc.Arbitrary<ExifFacts> = fc.record({
  taken: text,
  digitized: text,
  modified: text,
  gpsTime: text,
  place: hidden(
    fc.record({
      latitude: fc.double({ min: -90, max: 90, noNaN: true }).map((value) => value + 0),
      longitude: fc.double({ min: -180, max: 180, noNaN: true }).map((value) => value + 0),
      altitude: fc.option(fc.integer({ min: -400, max: 9_000 })),
    }),
  ),
  orientation: fc.option(fc.integer({ min: 1, max: 8 })),
  camera: text,
  lens: text,
  cameraSerial: hidden(fc.string({ maxLength: 64 })),
  lensSerial: hidden(fc.string({ maxLength: 64 })),
  uniqueId: text,
  software: text,
  rating: fc.option(fc.integer({ min: -1, max: 5 })),
});

const evidence: fc.Arbitrary<Evidence> = fc.record({
  sourceWidth: fc.integer({ min: 1, max: 2 ** 32 - 1 }),
  sourceHeight: fc.integer({ min: 1, max: 2 ** 32 - 1 }),
  width: fc.integer({ min: 16, max: 512 }),
  height: fc.integer({ min: 16, max: 512 }),
  blockhashes: bytes(64),
  dctHashes: bytes(128),
  dctQuality: fc.nat(100),
  colours: bytes(32),
  texture: fc
    .tuple(...TEXTURE_FIELDS.map(() => byte))
    .map(
      (measures) =>
        Object.fromEntries(TEXTURE_FIELDS.map((field, index) => [field, measures[index]])) as unknown as Texture,
    ),
  resolution: fc.record({ detail: fc.constantFrom(1, 2, 4, 8), grid: fc.constantFrom(0, 8, 12, 16, 24) }),
  features: fc.array(feature, { maxLength: 96 }).map((features) => Uint8Array.from(features.flat())),
  pages: fc.integer({ min: 1, max: 2 ** 32 - 1 }),
  jpeg: fc.option(
    fc.record({
      quality: fc.integer({ min: 1, max: 100 }),
      isStandard: fc.boolean(),
      chroma: fc.constantFrom(...CHROMA_SUBSAMPLINGS),
    }),
  ),
  embedded: fc.record({ film: fc.boolean(), preview: fc.boolean(), gainMap: fc.boolean(), profile: text }),
  exif: fc.option(exif),
});

/** Private facts compare as they are stored. */
const shown = (found: Evidence): unknown => ({
  ...found,
  exif:
    found.exif === null
      ? null
      : Object.entries(found.exif).map(([name, fact]) => [name, fact instanceof PrivateFact ? fact.reveal() : fact]),
});

const [sample] = fc.sample(
  evidence.filter(({ features, exif: facts }) => features.length > 0 && facts !== null),
  {
    numRuns: 1,
    seed: 5,
  },
) as [Evidence];

/** Bytes that were changed on purpose, with the checksum that fits. */
const lying = (change: (bytes: Buffer) => void): Buffer => {
  const changed = Buffer.from(encodeEvidence(sample, sample));
  change(changed);
  changed.writeUInt32LE(crc32(changed.subarray(0, -4)), changed.length - 4);
  return changed;
};

describe("evidence as bytes", () => {
  it("is the same when it is read again", () => {
    fc.assert(
      fc.property(evidence, (found) => {
        expect(shown(decodeEvidence(encodeEvidence(found, found)))).toEqual(shown(found));
      }),
    );
  });

  it("has 264 bytes, 38 for each feature, and its texts", () => {
    const none = { ...sample, exif: null, embedded: { ...sample.embedded, profile: null } };
    expect(encodeEvidence({ ...none, features: new Uint8Array(0) }, none)).toHaveLength(264);
    expect(encodeEvidence({ ...none, features: new Uint8Array(64 * FEATURE_BYTES) }, none)).toHaveLength(264 + 64 * 38);
  });

  it("is refused by name when it is cut, longer, or changed in any bit", () => {
    const whole = encodeEvidence(sample, sample);
    for (let end = 0; end < whole.length; end += 1)
      expect(() => decodeEvidence(whole.subarray(0, end))).toThrow(EvidenceError);
    expect(() => decodeEvidence(Buffer.concat([whole, Buffer.alloc(1)]))).toThrow(/its head says/);
    for (let at = 0; at < whole.length; at += 1) {
      const changed = whole.slice();
      changed[at] = byteAt(changed, at) ^ (1 << (at & 7));
      expect(() => decodeEvidence(changed)).toThrow(EvidenceError);
    }
  });

  it.each<[string, RegExp, (bytes: Buffer) => void]>([
    ["another version", /version 2/, (bytes) => bytes.writeUInt8(2, HEAD.version)],
    ["more features than there are", /its head says/, (bytes) => bytes.writeUInt8(96, HEAD.featureCount)],
    ["too many features", /97 features/, (bytes) => bytes.writeUInt8(97, HEAD.featureCount)],
    ["longer texts", /its head says/, (bytes) => bytes.writeUInt16LE(65_535, HEAD.textBytes)],
    ["no width", /side of 0/, (bytes) => bytes.writeUInt16LE(0, HEAD.width)],
    ["a working picture that is too large", /513/, (bytes) => bytes.writeUInt16LE(513, HEAD.height)],
    ["no page", /no page/, (bytes) => bytes.writeUInt32LE(0, HEAD.pages)],
    ["an unknown flag", /unknown flags/, (bytes) => bytes.writeUInt8(32, HEAD.flags)],
    [
      "a quality without a JPEG",
      /quality of 50/,
      (bytes) => bytes.fill(0, HEAD.flags, HEAD.flags + 1).writeUInt8(50, HEAD.jpegQuality),
    ],
    ["unknown chroma", /subsampling/, (bytes) => bytes.writeUInt8(7, HEAD.chroma)],
    ["a quality of the DCT hash", /DCT hash/, (bytes) => bytes.writeUInt8(101, HEAD.dctQuality)],
    ["a feature outside", /outside the picture/, (bytes) => bytes.writeUInt16LE(65_535, HEAD_BYTES)],
    ["a feature of no size", /size or direction/, (bytes) => bytes.writeUInt8(12, HEAD_BYTES + 4)],
    ["texts that are none", /texts cannot be read/, (bytes) => bytes.fill(123, bytes.length - 12, bytes.length - 4)],
  ])("is refused where it lies: %s", (_, reason, change) => {
    expect(() => decodeEvidence(lying(change))).toThrow(reason);
  });

  it("of anything is evidence or refused by name", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (anything) => {
        expect(() => decodeEvidence(anything)).toThrow(EvidenceError);
      }),
    );
  });

  it("prints neither place nor serial number after it is read", () => {
    const place = new PrivateFact({ latitude: 47.1234, longitude: 8.5678, altitude: null });
    const facts = { ...(sample.exif as ExifFacts), place, cameraSerial: new PrivateFact("SECRET-1") };
    const read = decodeEvidence(encodeEvidence(sample, { ...sample, exif: facts }));
    expect(read.exif?.place?.reveal().latitude).toBe(47.1234);
    expect(`${JSON.stringify(read)} ${inspect(read, { depth: 9 })}`).not.toMatch(/47\.1234|8\.5678|SECRET/);
  });
});
