import { describe, expect, it } from "vitest";
import { decodeEvent, encodeEvent } from "./events.ts";
import { jobEventOf } from "./job.fixtures.ts";
import { partitionOf } from "./partition.ts";

describe("an event on the wire", () => {
  const body = {
    task: 7,
    comparisons: 10,
    edgeCount: 1,
    edges: Uint8Array.of(1, 2, 3),
    digest: "d",
    kernel: "exhaustive",
    milliseconds: 3,
  };
  const wire = encodeEvent(jobEventOf("pair-batch-done", body, { attempt: 2 }));

  it("carries bytes as base64, and comes back whole through JSON", () => {
    expect(wire["body"]).toMatchObject({ edges: "AQID" });
    expect(decodeEvent(JSON.parse(JSON.stringify(wire)))).toMatchObject({ type: "pair-batch-done", attempt: 2, body });
  });

  it("is not an event when its version, type or shape is unknown", () => {
    for (const broken of [
      { ...wire, v: 2 },
      { ...wire, type: "pair-done" },
      { ...wire, body: {} },
      { ...wire, job: "a.b" },
      null,
      "x",
    ]) {
      expect(decodeEvent(broken)).toBeNull();
    }
  });

  it("keeps a path that is no valid UTF-8", () => {
    const image = {
      ordinal: 0,
      path: "caf\udce9.jpg",
      fingerprint: "1",
      bytes: 1,
      modifiedAt: null,
      givenHash: null,
      givenEvidence: new Uint8Array([1, 2]),
      width: null,
      height: null,
      failure: null,
    };
    const listed = encodeEvent(jobEventOf("images-listed", { images: [image] }));
    expect(decodeEvent(JSON.parse(JSON.stringify(listed)))).toMatchObject({ body: { images: [image] } });
  });

  it("cannot be encoded with a body that does not fit", () => {
    expect(() => encodeEvent(jobEventOf("pair-batch-done", { ...body, task: -1 }))).toThrow();
  });
});

describe("the partition", () => {
  it("is two digits below 16, by FNV-1a of the job", () => {
    expect(["a", "foobar", "3d9ad84e-dac6-4cc5-9faf-32c8e3dd19b6"].map(partitionOf)).toEqual([
      "12",
      "08",
      partitionOf("3d9ad84e-dac6-4cc5-9faf-32c8e3dd19b6"),
    ]);
    expect(partitionOf("x")).toMatch(/^(0\d|1[0-5])$/);
  });
});
