import { expect, it } from "vitest";
import { startBus } from "../../../../test/support/bus.ts";
import { type BlockProgress, publishProgress, subscribeProgress } from "./progress.ts";

it("is what the workers published, without messages that are something else", async () => {
  const { bus, stop } = await startBus();
  const progress = subscribeProgress(bus);
  const send = (payload: string) => bus.connection.publish("lookalike.progress.0.acme.job-1", payload);
  const report: BlockProgress = { job: "job-1", block: 0, images: 7 };
  for (const payload of ["", "x", "{", "null", '{"job":1}', JSON.stringify({ ...report, pad: "x".repeat(1e5) })])
    send(payload);
  for (const wrong of [{ job: "\u0000" }, { block: -1 }, { images: 0.5 }])
    send(JSON.stringify({ ...report, ...wrong }));
  publishProgress(bus, "acme", report);
  await bus.connection.flush();
  expect(progress.take()).toEqual([report]);
  expect(progress.take()).toEqual([]);

  for (let sent = 0; sent < 10_100; sent += 1) send(JSON.stringify(report));
  await bus.connection.flush();
  expect(progress.take()).toHaveLength(10_000);
  await stop();
});
