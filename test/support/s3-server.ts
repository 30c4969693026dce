import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { freePort } from "@lookalike/local/server-process";
import { toolFolder } from "./tools.ts";
import { until } from "./until.ts";

const folderOfServer = await toolFolder("versitygw");
export const hasS3Server = folderOfServer !== null;

/** A real S3 server (versitygw) over a folder, behind a proxy that can answer 503 SlowDown. */
export interface S3Server {
  /** Its address and keys, in the AWS SDK's own environment variables. */
  readonly environment: Record<string, string>;
  /** Refuses the next requests, as an overloaded server does. */
  slowDown(requests: number): void;
  /** Requests refused so far. */
  readonly refused: number;
  stop(): Promise<void>;
}

export const startS3Server = async (folder: string, buckets: readonly string[]): Promise<S3Server> => {
  const [data, metadata] = [join(folder, "data"), join(folder, "metadata")];
  for (const path of [metadata, ...buckets.map((bucket) => join(data, bucket))]) await mkdir(path, { recursive: true });
  const port = await freePort();
  const server = spawn(
    join(folderOfServer ?? "", "versitygw"),
    ["--port", `127.0.0.1:${port}`, "--quiet", "posix", "--sidecar", metadata, data],
    { env: { ...process.env, ROOT_ACCESS_KEY: "test", ROOT_SECRET_KEY: "test-secret" }, stdio: "ignore" },
  );
  let toRefuse = 0;
  let refused = 0;
  const proxy = createServer((incoming, outgoing) => {
    if (toRefuse > 0) {
      toRefuse -= 1;
      refused += 1;
      incoming.resume();
      outgoing
        .writeHead(503, { "content-type": "application/xml" })
        .end("<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>");
    } else forward(incoming, outgoing, port);
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  const address = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  await until(() =>
    fetch(address).then(
      ({ status }) => status === 403,
      () => false,
    ),
  );
  return {
    environment: {
      AWS_ENDPOINT_URL_S3: address,
      AWS_ACCESS_KEY_ID: "test",
      AWS_SECRET_ACCESS_KEY: "test-secret",
    },
    slowDown(requests) {
      toRefuse = requests;
    },
    get refused() {
      return refused;
    },
    async stop() {
      proxy.close();
      proxy.closeAllConnections();
      server.kill("SIGTERM");
      await once(server, "exit");
    },
  };
};

/** Unchanged, with its host: the signature covers it. */
const forward = (incoming: IncomingMessage, outgoing: ServerResponse, port: number): void => {
  const { method, url, headers } = incoming;
  const onward = request({ host: "127.0.0.1", port, method, path: url, headers }, (answer) => {
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(outgoing);
  });
  onward.once("error", () => outgoing.destroy());
  incoming.pipe(onward);
};
