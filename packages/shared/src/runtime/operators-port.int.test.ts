import { spawn } from "node:child_process";
import { once } from "node:events";
import { dirname } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

/** A service that, on its first input, does nothing else for ever. */
const SERVICE = `
  import { serveOperators } from "@lookalike/shared/runtime/operators-port";
  console.log(await serveOperators("127.0.0.1", 0, async () => ({ postgres: true, nats: true })));
  process.stdin.once("data", () => { console.log("busy"); for (;;); });
`;

it("health is answered while the service's event loop is held", async () => {
  const service = spawn(process.execPath, ["--input-type=module", "--eval", SERVICE], {
    cwd: dirname(fileURLToPath(import.meta.url)),
    stdio: ["pipe", "pipe", "inherit"],
  });
  try {
    const lines = createInterface(service.stdout);
    const [address] = (await once(lines, "line")) as [string];
    const get = async (path: string) => {
      const response = await fetch(`${address}${path}`);
      return { status: response.status, body: await response.text() };
    };
    const ready = { status: 200, body: '{"postgres":true,"nats":true}' };
    expect(await get("/readyz")).toEqual(ready);
    expect((await get("/metrics")).status).toBe(200);
    service.stdin.write("\n");
    await once(lines, "line");
    expect(await get("/healthz")).toEqual({ status: 200, body: '{"status":"ok"}' });
    expect(await get("/readyz")).toEqual(ready);
    expect((await get("/nothing")).status).toBe(404);
  } finally {
    service.kill("SIGKILL");
  }
});
