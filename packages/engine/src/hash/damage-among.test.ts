import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { drawScene } from "../../../../test/support/scene.ts";
import { damageAmong } from "./damage-among.ts";

const raw = { width: 480, height: 320, channels: 3 } as const;
const good = await sharp(drawScene(3, 480, 320), { raw })
  .jpeg({ quality: 90 })
  .toBuffer();
const damagedAt = (part: number): Buffer => {
  const damaged = Buffer.from(good);
  const from = Math.floor(good.length * part);
  for (let byte = from; byte < from + 8; byte += 1) damaged[byte] = (damaged[byte] ?? 0) ^ 0x5a;
  return damaged;
};

describe("of two files of one size that differ in eight bytes", () => {
  it("the damaged one is found, or both are marked", () => {
    let certain = 0;
    for (let part = 0.3; part < 0.95; part += 0.02) {
      const [ofGood, ofDamaged] = damageAmong(good, [damagedAt(part)]);
      expect(ofDamaged).not.toBeNull();
      if (ofGood === null) certain += 1;
    }
    expect(certain).toBeGreaterThan(15);
  });
});

it("other metadata, and another encoding, are no damage", async () => {
  const tagged = (text: string) =>
    sharp(good)
      .keepExif()
      .withExifMerge({ IFD0: { Copyright: text } })
      .jpeg({ quality: 90 })
      .toBuffer();
  expect(damageAmong(await tagged("one"), [await tagged("two"), null])).toEqual([null, null, null]);
  const other = await sharp(drawScene(4, 480, 320), { raw })
    .jpeg({ quality: 90 })
    .toBuffer();
  const length = Math.max(good.length, other.length) + 1;
  const padded = (file: Buffer) =>
    Buffer.concat([file.subarray(0, 2), comment(length - file.length), file.subarray(2)]);
  expect(damageAmong(padded(good), [padded(other)])).toEqual([null, null]);
});

/** A comment that makes a JPEG `bytes` longer, 5 at least. */
const comment = (bytes: number): Buffer => {
  const segment = Buffer.alloc(bytes + 4);
  segment.writeUInt16BE(0xfffe, 0);
  segment.writeUInt16BE(bytes + 2, 2);
  return segment;
};
