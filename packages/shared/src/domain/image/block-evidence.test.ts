import { describe, expect, it } from "vitest";
import { partDigest, resultDigest } from "../job/digest.ts";
import { encodeEvent } from "../job/events.ts";
import { jobEventOf } from "../job/job.fixtures.ts";
import { evidenceParts, joinEvidence, splitEvidence } from "./block-evidence.ts";

const MESSAGE_BYTES = 1_048_576;
const evidence = [new Uint8Array(3).fill(1), null, new Uint8Array(2_696).fill(2), null];

describe("the evidence of a block", () => {
  it("is joined, and split to what it was", () => {
    const joined = joinEvidence(evidence);
    expect(joined).toHaveLength(4 * 4 + 3 + 2_696);
    expect(splitEvidence(joined, 4)).toEqual(evidence);
    expect(splitEvidence(joinEvidence([]), 0)).toEqual([]);
    expect([splitEvidence(joined.subarray(1), 4), splitEvidence(joined, 3), splitEvidence(joined, 2_000)]).toEqual([
      null,
      null,
      null,
    ]);
  });

  it("is cut into parts that each fit a message, the largest block's, too", () => {
    const joined = joinEvidence(Array.from({ length: 4_096 }, (_, at) => new Uint8Array(3_000).fill(at)));
    const parts = evidenceParts(joined);
    expect(Buffer.concat(parts).equals(joined)).toBe(true);
    const evidenceDigest = resultDigest(parts.map(partDigest));
    const wire = (part: number) =>
      JSON.stringify(
        encodeEvent(
          jobEventOf("block-evidence", { block: 2 ** 30, evidenceDigest, part, evidence: parts[part] as Uint8Array }),
        ),
      );
    expect([parts.length, wire(0).length < MESSAGE_BYTES * 0.7]).toEqual([24, true]);
  });
});
