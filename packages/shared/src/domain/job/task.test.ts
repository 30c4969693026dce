import { describe, expect, it } from "vitest";
import { DeadLetter, Task } from "./task.ts";

const job = '"v":1,"tenant":"acme","job":"job-1","run":1,"attempt":0,"traceparent":"00-ab-cd-01"';
/** Tasks as the version before the union by kind published them, byte for byte. */
const PUBLISHED = {
  scan: `{${job},"kind":"scan","catalog":"c","task":0,"blockSize":null,"hashBits":null,"radiusBits":null,"plan":null}`,
  hash: `{${job},"kind":"hash","catalog":"c","task":7,"blockSize":250,"hashBits":256,"radiusBits":32,"plan":null}`,
  compare: `{${job},"kind":"compare","catalog":"c","task":3,"blockSize":250,"hashBits":256,"radiusBits":32,"plan":{"firstBlock":0,"blocks":8,"pairsPerTask":50,"index":null}}`,
  indexed: `{${job},"kind":"compare","catalog":"c","task":3,"blockSize":250,"hashBits":256,"radiusBits":32,"plan":{"firstBlock":2,"blocks":8,"pairsPerTask":50,"index":{"tileBlocks":4,"bands":3}}}`,
};

describe("a task on the wire", () => {
  it.each(Object.entries(PUBLISHED))("of the last version is read as it was: %s", (_, json) => {
    expect(JSON.parse(JSON.stringify(Task.parse(JSON.parse(json))))).toEqual(JSON.parse(json));
  });

  it("is read without the fields that its kind does not use", () => {
    const envelope = { v: 1, tenant: "acme", job: "job-1", run: 1, attempt: 0, catalog: "c", task: 0 };
    expect(Task.parse({ ...envelope, kind: "scan" })).toEqual({ ...envelope, kind: "scan" });
    const hash = { ...envelope, kind: "hash", blockSize: 250, hashBits: 256 };
    expect(Task.parse(hash)).toEqual(hash);
  });

  it("is refused with a field that this version does not know, or without one that its kind needs", () => {
    const compare = JSON.parse(PUBLISHED.compare);
    for (const wrong of [
      { ...compare, tiles: 4 },
      { ...compare, plan: { ...compare.plan, order: "rows" } },
      { ...compare, plan: null },
      { ...compare, radiusBits: null },
      { ...JSON.parse(PUBLISHED.hash), blockSize: null },
      { ...JSON.parse(PUBLISHED.scan), blockSize: 250 },
      { ...compare, kind: "group" },
    ])
      expect(Task.safeParse(wrong).success).toBe(false);
  });

  it("is read out of a dead letter of the last version", () => {
    const letter = `{"v":1,"task":${PUBLISHED.scan},"error":"crash","at":"2026-01-01T00:00:00.000Z"}`;
    expect(DeadLetter.parse(JSON.parse(letter)).task).toEqual(JSON.parse(PUBLISHED.scan));
  });
});
