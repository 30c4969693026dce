import { expect, it } from "vitest";
import { startBus } from "../../../../test/support/bus.ts";
import { until } from "../../../../test/support/until.ts";
import { createLogger } from "../runtime/log.ts";
import { publishProgress, subscribeProgress } from "./progress.ts";

it("is reported for every message that can be read, and no other one ends the process", async () => {
  const { bus, stop } = await startBus();
  const reported: number[] = [];
  subscribeProgress(bus, ({ images }) => reported.push(images), createLogger("test", "silent"));
  await bus.connection.flush();
  for (const payload of ["", "{", "null", '{"job":1}'])
    bus.connection.publish("lookalike.progress.0.acme.job-1", payload);
  publishProgress(bus, "acme", { job: "job-1", block: 0, images: 7 });
  await until(() => reported.length > 0);
  expect(reported).toEqual([7]);
  await stop();
});
