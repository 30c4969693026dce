import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { setImmediate, setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { expect, it, onTestFinished } from "vitest";
import { numberedTask, startBusWithStreams } from "../../../../test/support/bus.ts";
import { until } from "../../../../test/support/until.ts";
import { openPull } from "./pull.ts";
import { STREAMS } from "./topology.ts";

const EXPIRES_MS = 1_000;

/** Publishes a message on request, while the thread that tests is blocked. */
const PUBLISHER = `
const { parentPort, workerData } = require("node:worker_threads");
const { library, server, seed, subject, body } = workerData;
const { connect, nkeyAuthenticator } = require(library);
connect({ servers: server, authenticator: nkeyAuthenticator(Buffer.from(seed)) }).then((connection) => {
  parentPort.once("message", () => connection.publish(subject, body));
  parentPort.postMessage("ready");
});
`;

/** Keeps this thread from reading its connections, as a busy machine does. */
const block = (ms: number): void => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

it("a message that a busy process reads after its pull has ended is received, at its first delivery", async () => {
  const { bus, server, stop } = await startBusWithStreams();
  onTestFinished(stop);
  const { subject, body } = numberedTask(1);
  const publisher = new Worker(PUBLISHER, {
    eval: true,
    workerData: {
      library: createRequire(import.meta.url).resolve("nats"),
      server: server.url,
      seed: (await readFile(server.nkeyFile("administrator"), "ascii")).trim(),
      subject,
      body: JSON.stringify(body),
    },
  });
  onTestFinished(async () => void (await publisher.terminate()));
  await once(publisher, "message");
  const received: number[] = [];
  const consumer = openPull(bus, {
    stream: STREAMS.tasks,
    durable: "compare-bulk",
    expiresMs: EXPIRES_MS,
    receive(message) {
      received.push(message.info.deliveryCount);
      message.ack();
    },
  });
  const pulled = consumer.pull(1);
  await sleep(EXPIRES_MS / 2);
  // What is due by the clock comes next then, and what has arrived after that.
  await setImmediate();
  publisher.postMessage("publish");
  block(EXPIRES_MS * 2);
  await pulled;
  await until(() => received.length > 0, 5);
  expect(received).toEqual([1]);
  const interrupted = expect(consumer.pull(1)).rejects.toThrow("Consumer Deleted");
  await bus.connection.flush();
  await bus.jsm.consumers.delete(STREAMS.tasks, "compare-bulk");
  await interrupted;
});
