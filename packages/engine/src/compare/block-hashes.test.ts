import { STATE } from "@lookalike/shared/domain/image/hash-block";
import { describe, expect, it } from "vitest";
import { collect, EXHAUSTIVE, edgesBy, INDEXED, joinBands } from "../../../../test/support/kernels.ts";
import { blockHashes } from "./block-hashes.ts";
import { plain } from "./plain.ts";

describe("a block as a kernel sees it", () => {
  it("costs one row for a thousand equal images; flat, failed and absent ones none", () => {
    const hash = new Uint8Array(32).fill(0x5a);
    const other = new Uint8Array(32).fill(0x3c);
    const block = {
      states: Uint8Array.from([...new Array(1_000).fill(STATE.hashed), STATE.flat, STATE.failed, STATE.absent]),
      hashes: new Uint8Array(Buffer.concat([...new Array(1_000).fill(hash), other, other, other])),
    };
    expect([...blockHashes(block, 5_000).ordinals]).toEqual([5_000]);
  });

  it("may be empty", () => {
    const empty = blockHashes({ states: new Uint8Array(0), hashes: new Uint8Array(0) }, 0);
    const pair = { left: empty, right: empty, same: true };
    for (const { join } of EXHAUSTIVE) expect(edgesBy(join, [pair], 5)).toEqual([]);
    expect(edgesBy(plain, [pair], 5)).toEqual([]);
    for (const kernel of INDEXED) expect(collect((sink) => joinBands(kernel, [pair], 256, 8, 5, sink))).toEqual([]);
  });
});
