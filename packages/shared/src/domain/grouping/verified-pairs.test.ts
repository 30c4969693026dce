import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PairKind } from "../image/pair-kind.ts";
import { Refusal } from "../image/refusal.ts";
import {
  decodeVerdict,
  decodeVerifiedPairs,
  encodeVerdict,
  encodeVerifiedPairs,
  type PairFacts,
  type VerifiedPair,
} from "./verified-pairs.ts";

const share = fc.double({ min: 0, max: 1, noNaN: true });
const levels = fc.double({ min: 0, max: 255, noNaN: true });
const facts: fc.Arbitrary<PairFacts> = fc.record({
  ...{ ofA: share, ofB: share, differing: share, region: share, toneChange: levels, colourShift: levels },
  ...{ agreement: share, correlation: share, replaced: share, otherColours: share, probability: share },
  source: fc.constantFrom<PairFacts["source"][]>("a", "b", null),
  isDocument: fc.boolean(),
  refusal: fc.constantFrom(null, ...Refusal.options),
  transform: fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: 6, maxLength: 6 }),
});
const verdict = fc.oneof(
  fc.record({
    kind: fc.constantFrom(null, "over-limit" as const, ...PairKind.options),
    facts: fc.constant(null),
  }),
  fc.record({ kind: fc.constantFrom(null, ...PairKind.options), facts }),
);
const pairs = fc.uniqueArray(fc.tuple(fc.nat(5_000), fc.integer({ min: 1, max: 5_000 }), verdict), {
  selector: ([a, more]) => `${a} ${more}`,
  maxLength: 40,
});

describe("verified pairs", () => {
  it("are read as they were written, by their ordinals, and equal ones have equal bytes", () => {
    fc.assert(
      fc.property(pairs, (found) => {
        const written = found.map(([a, more, of]): VerifiedPair => ({ a, b: a + more, ...of }));
        const bytes = encodeVerifiedPairs(written);
        expect(Buffer.compare(bytes, encodeVerifiedPairs(written.toReversed()))).toBe(0);
        const read = decodeVerifiedPairs(bytes);
        expect(read.map(({ a, b, kind }) => [a, b, kind])).toEqual(
          written.toSorted((one, other) => one.a - other.a || one.b - other.b).map(({ a, b, kind }) => [a, b, kind]),
        );
        // What is read once is read the same for ever.
        expect(decodeVerifiedPairs(encodeVerifiedPairs(read))).toEqual(read);
      }),
    );
  });

  it("keep their facts to a part in 65,535, and the map in single precision", () => {
    fc.assert(
      fc.property(facts, (written) => {
        const { facts: read } = decodeVerdict(encodeVerdict({ kind: "cropped", facts: written }));
        expect(read?.ofA).toBeCloseTo(written.ofA, 4);
        expect(read?.toneChange).toBeCloseTo(written.toneChange, 2);
        expect(read?.transform).toEqual(written.transform);
        const { source, isDocument, refusal } = written;
        expect(read).toMatchObject({ source, isDocument, refusal });
      }),
    );
  });

  it("are refused where they are of another version, of a kind that is not known, or cut short", () => {
    const bytes = encodeVerifiedPairs([{ a: 0, b: 1, ...decodeVerdict(Uint8Array.of(1)) }]);
    expect(() => decodeVerifiedPairs(Uint8Array.of(9, ...bytes.subarray(1)))).toThrow("version 9");
    expect(() => decodeVerifiedPairs(bytes.subarray(0, 3))).toThrow(RangeError);
    expect(() => decodeVerdict(Uint8Array.of(99))).toThrow(RangeError);
    expect(() => decodeVerdict(Uint8Array.of(0x82, 1, 2))).toThrow(RangeError);
  });
});
