import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Grouping } from "@lookalike/shared/domain/options";
import { findJob } from "@lookalike/shared/store/jobs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { groupImages } from "../../services/comparer/src/finalize.ts";
import { randomWords } from "../support/hashes.ts";
import { connectTo, type System, startSystem, storedGroups } from "../support/system.ts";

let system: System;
beforeAll(async () => {
  system = await startSystem();
}, 60_000);
afterAll(() => system.stop());

/** A catalog that changes: 64-bit hashes, each a few bits from one of a hundred originals, some equal. */
const changingCatalog = (seed: number) => {
  const random = randomWords(seed);
  const originals = Array.from({ length: 100 }, () => [random(), random()]);
  const images = new Map<string, string>();
  const hash = (): string => {
    const words = Uint32Array.from(originals[random() % originals.length] ?? []);
    for (let flips = random() % 5; flips > 0; flips -= 1)
      words[flips % 2] = ((words[flips % 2] ?? 0) ^ (1 << (random() % 32))) >>> 0;
    return [...words].map((word) => word.toString(16).padStart(8, "0")).join("");
  };
  let next = 0;
  return {
    add(count: number) {
      for (let added = 0; added < count; added += 1) {
        images.set(`img-${String(next).padStart(5, "0")}`, hash());
        next += 1;
      }
    },
    /** Every one in `each` goes, or is another picture now. */
    disturb(each: number) {
      for (const id of [...images.keys()]) {
        const draw = random() % each;
        if (draw === 0) images.delete(id);
        if (draw === 1) images.set(id, hash());
      }
    },
    write: (file: string) =>
      writeFile(file, [...images].map(([id, hash]) => `${JSON.stringify({ id, hash })}\n`).join("")),
  };
};

describe.each<Grouping>(["clique", "pairs", "star", "transitive"])("a growing catalog grouped by %s", (grouping) => {
  it("has the groups of a run that makes all anew, and takes over what has not changed", async () => {
    const catalog = changingCatalog(grouping.length);
    const file = join(system.servers.folder, `${grouping}.ndjson`);
    const { store, close } = await connectTo(system.servers.environment);
    catalog.add(250);
    for (const change of [() => undefined, () => catalog.add(20), () => catalog.disturb(60), () => catalog.add(1)]) {
      change();
      await catalog.write(file);
      const options = { grouping, blockSize: 50, thresholdBits: 4 };
      const { id, state } = await system.run({ kind: "hashes", file }, options, grouping);
      expect(state).toBe("completed");
      const job = await findJob(store.db, id);
      if (job === null) throw new Error("the job is not stored");
      const rows = await storedGroups(store, id);
      const anew = await groupImages(store.db, job, false);
      expect(rows.length).toBeGreaterThan(30);
      expect(rows).toEqual(anew.groups);
      const { kept } = await groupImages(store.db, job);
      if (job.baseJob !== null) expect(kept.length).toBeGreaterThan(10);
    }
    await close();
  });
});
