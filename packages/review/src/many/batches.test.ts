import type { Decision } from "@lookalike/client";
import { describe, expect, it } from "vitest";
import { batchesOf } from "./batches.ts";

const decision = (id: string, decidedAt: string, more: Partial<Decision> = {}): Decision => ({
  id,
  job: "j",
  group: 1,
  verdict: "keep",
  members: [1, 2],
  keep: [1],
  undoes: null,
  decidedBy: "owner",
  decidedAt,
  ...more,
});

describe("what was decided today", () => {
  const at = (minute: number): string => `2026-01-01T10:${String(minute).padStart(2, "0")}:00.000Z`;

  it("shows what one request decided as one, and what was taken back not at all", () => {
    const batches = batchesOf([
      decision("undo", at(5), { verdict: "undo", undoes: "taken-back" }),
      decision("c", at(4)),
      decision("b", at(3)),
      decision("a", at(3)),
      decision("theirs", at(3), { decidedBy: "ann" }),
      decision("taken-back", at(2)),
      decision("continued", at(1), { undoes: "older" }),
    ]);
    expect(batches.map(({ decisions }) => decisions.map(({ id }) => id))).toEqual([["c"], ["b", "a"], ["theirs"]]);
  });
});
