import { deflateRawSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { hashBlockDigest } from "../job/digest.ts";
import { decodeEvent, encodeEvent } from "../job/events.ts";
import { hashDone } from "../job/job.fixtures.ts";
import {
  contentDigestAt,
  countLive,
  countState,
  factsAt,
  failureAt,
  hashBlockOf,
  imagesIn,
  lengthFault,
  type Outcome,
} from "./hash-block.ts";

const outcomes: Outcome[] = [
  {
    kind: "hashed",
    hash: new Uint8Array(32).fill(1),
    signature: new Uint8Array(16).fill(4),
    contentDigest: new Uint8Array(32).fill(2),
    pictureDigest: null,
    evidence: null,
    facts: { width: 4, height: 3, bytes: 9 },
  },
  { kind: "failed", failure: { reason: "truncated", detail: "it ends too soon" } },
  { kind: "absent" },
  {
    kind: "flat",
    hash: new Uint8Array(32),
    signature: null,
    contentDigest: new Uint8Array(32).fill(3),
    pictureDigest: null,
    evidence: null,
    facts: {},
  },
];

describe("a block of outcomes", () => {
  const block = hashBlockOf(5, 256, outcomes);

  it("is whole, and each column that is cut short is named", () => {
    expect([lengthFault(block), lengthFault(block, 256), lengthFault(hashBlockOf(0, 64, []), 64)]).toEqual([
      null,
      null,
      null,
    ]);
    expect(lengthFault(block, 128)).toBe("part of the hashes");
    for (const column of ["hashes", "signatures", "contentDigests", "pictureDigests", "details"] as const)
      expect(lengthFault({ ...block, [column]: block[column].slice(1) })).toBe(`part of the ${column}`);
    expect(lengthFault({ ...block, states: block.states.slice(1) })).not.toBeNull();
    expect(lengthFault({ ...block, hashes: new Uint8Array(0) })).toBe("part of the hashes");
  });

  it("has the outcome at each position", () => {
    expect([0, 1, 2, 3].map((at) => block.states[at])).toEqual([1, 3, 0, 2]);
    expect([imagesIn(block), countState(block, "failed"), countState(block, "flat")]).toEqual([3, 1, 1]);
    expect(factsAt(block, 0)).toEqual({ width: 4, height: 3, bytes: 9 });
    expect(failureAt(block, 1)).toEqual({ reason: "truncated", detail: "it ends too soon" });
    expect([failureAt(block, 0), contentDigestAt(block, 1)]).toEqual([null, null]);
    expect(contentDigestAt(block, 3)).toEqual(new Uint8Array(32).fill(3));
  });

  it("is counted without images that have vanished since, in blocks that are hashed", () => {
    // Ordinals 20 to 23; 4 and 24 are in blocks that are not hashed, 22 never existed.
    const live = (...vanished: number[]) => countLive([block], 4, vanished);
    expect(live()).toEqual({ images: 3, failedImages: 1 });
    expect(live(4, 22, 24)).toEqual({ images: 3, failedImages: 1 });
    expect(live(20)).toEqual({ images: 2, failedImages: 1 });
    expect(live(20, 21, 23)).toEqual({ images: 0, failedImages: 0 });
  });

  it("has the same digest after it was encoded and decoded as an event", () => {
    const digest = hashBlockDigest(block);
    const wire = encodeEvent(hashDone(block.block, { ...block, digest }));
    const event = decodeEvent(JSON.parse(JSON.stringify(wire)));
    if (event?.type !== "hash-done") throw new Error("not decoded");
    expect(hashBlockDigest(event.body)).toBe(digest);
    expect(event.body).toMatchObject(block);
  });

  it("fits a message of NATS' default size with 4,096 photographs, and is decoded as a whole", () => {
    const facts = (at: number) => ({
      ...{ width: 6_000, height: 4_000, bytes: 5_000_000 + at * 977, format: "jpeg" },
      takenAt: `2019:07:${10 + (at % 20)} 14:${10 + (at % 50)}:${10 + ((at * 7) % 50)}`,
      camera: "NIKON CORPORATION NIKON D850 with a name that is sixty-four long",
    });
    const photographs = hashBlockOf(
      0,
      256,
      Array.from({ length: 4_096 }, (_, at) => ({
        kind: "hashed" as const,
        hash: new Uint8Array(32).fill(at),
        signature: new Uint8Array(16).fill(at),
        contentDigest: new Uint8Array(32).fill(at),
        pictureDigest: null,
        evidence: null,
        facts: facts(at),
      })),
    );
    const digest = hashBlockDigest(photographs);
    const wire = JSON.stringify(encodeEvent(hashDone(0, { ...photographs, digest })));
    expect(JSON.stringify(photographs.details).length).toBeGreaterThan(600_000);
    expect(wire.length).toBeLessThan(700_000);
    const event = decodeEvent(JSON.parse(wire));
    if (event?.type !== "hash-done") throw new Error("not decoded");
    expect(hashBlockDigest(event.body)).toBe(digest);
  });

  it("is not an event where the packed details are invalid", () => {
    const wire = encodeEvent(hashDone(block.block, block));
    const packed = (text: string) => ({
      ...wire,
      body: { ...(wire["body"] as object), details: deflateRawSync(text).toString("base64") },
    });
    expect(decodeEvent(packed(JSON.stringify(block.details)))).toMatchObject({ body: block });
    for (const broken of [packed('[{"width":"4"}]'), packed("["), packed("")]) expect(decodeEvent(broken)).toBeNull();
    expect(decodeEvent({ ...wire, body: { ...(wire["body"] as object), details: "AAAA" } })).toBeNull();
  });

  it("has the same digest for any order of a detail's keys", () => {
    const reversed = block.details.map((detail) => detail && Object.fromEntries(Object.entries(detail).reverse()));
    expect(hashBlockDigest({ ...block, details: reversed as typeof block.details })).toBe(hashBlockDigest(block));
  });

  it("has no content digests where all hashes were given", () => {
    const given = hashBlockOf(0, 64, [
      {
        kind: "hashed",
        hash: new Uint8Array(8),
        signature: null,
        contentDigest: null,
        pictureDigest: null,
        evidence: null,
        facts: {},
      },
    ]);
    expect([given.contentDigests.length, contentDigestAt(given, 0)]).toEqual([0, null]);
  });
});
