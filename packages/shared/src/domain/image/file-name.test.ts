import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bytesOfName, nameOfBytes } from "./file-name.ts";

/** Every code point but half surrogates. The library's own "binary" unit takes half a second to prepare. */
const codePoint = fc
  .integer({ min: 0, max: 0x10ffff })
  .filter((point) => point < 0xd800 || point > 0xdfff)
  .map((point) => String.fromCodePoint(point));

describe("a file name as text", () => {
  it("is the name itself where that is UTF-8, with emoji, quotes and newlines", () => {
    fc.assert(
      fc.property(fc.string({ unit: codePoint }), (name) => {
        expect(nameOfBytes(Buffer.from(name))).toBe(name);
      }),
    );
  });

  it("is decoded to the same bytes, valid UTF-8 or not", () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => Buffer.compare(bytesOfName(nameOfBytes(bytes)), bytes) === 0));
  });

  it("escapes an invalid byte as Python does (PEP 383)", () => {
    expect(nameOfBytes(Buffer.from([0x61, 0xff, 0xc3, 0xa9, 0xc3]))).toBe("a\udcffé\udcc3");
  });

  it("distinguishes names that differ in invalid bytes only", () => {
    expect(nameOfBytes(Buffer.from([0xfe]))).not.toBe(nameOfBytes(Buffer.from([0xff])));
  });
});
