import { beforeAll, expect, it } from "vitest";
import { writeHashes } from "../support/hashes.ts";
import { WITH_KEY } from "../support/servers.ts";
import { sharedSystem } from "../support/shared-system.ts";
import type { RunningSystem } from "../support/system.ts";

let system: RunningSystem;
beforeAll(async () => {
  system = await sharedSystem();
});

it("progress of a running job comes as server-sent events that never go backwards and end with the job", async () => {
  const file = system.path("hashes.ndjson");
  await writeHashes(file, { images: 4_000, bits: 256, seed: 5, copiesPerThousand: 50 });
  const catalog = await system.client.openCatalog("progress", { kind: "hashes", file });
  const started = await fetch(`${system.address}/v1/catalogs/${catalog}/jobs`, {
    method: "POST",
    headers: { ...WITH_KEY, "content-type": "application/json" },
    body: JSON.stringify({ blockSize: 50 }),
  });
  const { id } = (await started.json()) as { id: string };
  const stream = await fetch(`${system.address}/v1/jobs/${id}/progress`, {
    headers: { ...WITH_KEY, accept: "text/event-stream" },
  });
  expect(stream.headers.get("content-type")).toContain("text/event-stream");
  const events = (await stream.text())
    .split("\n\n")
    .flatMap((event) => /^data: (.*)$/m.exec(event)?.[1] ?? [])
    .map((data) => JSON.parse(data));
  expect(events.length).toBeGreaterThan(2);
  for (const counter of ["completedImages", "completedBlockPairs", "completedTasks"]) {
    const counts = events.map((event) => event[counter]);
    expect(counts).toEqual([...counts].sort((a, b) => a - b));
  }
  expect(events.at(-1)).toMatchObject({
    state: "completed",
    phase: "done",
    completedImages: 4_000,
    result: { grouping: "clique" },
  });
});
