import type { ListedImage } from "@lookalike/shared/domain/image/listed-image";
import { encodeEvent } from "@lookalike/shared/domain/job/events";
import { jobEventOf } from "@lookalike/shared/domain/job/job.fixtures";
import { describe, expect, it } from "vitest";
import { rowsByEvent } from "./record-listing.ts";

const MAX_PAYLOAD = 1_048_576;

const image = (ordinal: number, path: string): ListedImage => ({
  ordinal,
  path,
  fingerprint: "1".repeat(60),
  bytes: 2 ** 40,
  modifiedAt: new Date(0).toISOString(),
  givenHash: new Uint8Array(32),
  givenEvidence: null,
  width: 100_000,
  height: 100_000,
  failure: { reason: "not-a-regular-file", detail: "\u00e9".repeat(120) },
});

describe("a listing", () => {
  it("is cut into events of a thousand images", () => {
    const images = Array.from({ length: 2_500 }, (_, at) => image(at, `${at}.jpg`));
    expect(rowsByEvent(images).map(({ length }) => length)).toEqual([1_000, 1_000, 500]);
    expect(rowsByEvent(images).flat()).toEqual(images);
    expect(rowsByEvent([])).toEqual([]);
  });

  it.each(["\udce9", "a"])("of the longest possible names fits messages of NATS' default size: %j", (character) => {
    const images = Array.from({ length: 1_000 }, (_, at) => image(at, `${at}${character.repeat(4_090)}`));
    const events = rowsByEvent(images);
    expect(events.flat()).toEqual(images);
    for (const rows of events) {
      const event = encodeEvent(jobEventOf("images-listed", { images: rows }));
      expect(Buffer.byteLength(JSON.stringify(event))).toBeLessThan(MAX_PAYLOAD);
    }
  });

  it("with the largest evidence that a line may bring fits, too", () => {
    const images = Array.from({ length: 300 }, (_, at) => ({
      ...image(at, `${at}.jpg`),
      givenEvidence: new Uint8Array(8_192).fill(at),
    }));
    const events = rowsByEvent(images);
    expect(events.flat()).toEqual(images);
    for (const rows of events) {
      const event = encodeEvent(jobEventOf("images-listed", { images: rows }));
      expect(Buffer.byteLength(JSON.stringify(event))).toBeLessThan(MAX_PAYLOAD);
    }
  });

  it("of the most images in one event, each with the longest name that then fits, fits as well", () => {
    const images = Array.from({ length: 1_000 }, (_, at) => image(at, "\udce9".repeat(65)));
    const [rows = []] = rowsByEvent(images);
    expect(rows).toHaveLength(1_000);
    const event = encodeEvent(jobEventOf("images-listed", { images: rows }));
    expect(Buffer.byteLength(JSON.stringify(event))).toBeLessThan(MAX_PAYLOAD);
  });
});
