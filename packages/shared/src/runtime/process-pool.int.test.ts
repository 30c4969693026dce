import { fork } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ProcessEnded } from "./limited-process.ts";
import { createProcessPool } from "./process-pool.ts";

const MB = 1_048_576;
/** What the process does: see the fixture. */
type Request = { do: "limits" | "environment" | "fill" | "write" | "turn" | "count" };

let pool: ReturnType<typeof createProcessPool<Request, unknown>>;
beforeAll(() => {
  process.env["DATABASE_URL"] ??= "postgres://user:secret@127.0.0.1/none";
  pool = createProcessPool({
    script: new URL("../../../../test/fixtures/obedient-process.mjs", import.meta.url),
    processes: 1,
    memoryBytes: 512 * MB,
    budget: 1,
  });
});
afterAll(() => pool.close());

const reasonOf = (work: Promise<unknown>): Promise<unknown> =>
  work.catch((error: unknown) => (error instanceof ProcessEnded ? error.reason : error));

describe.runIf(process.platform === "linux")("a process of a pool", () => {
  it("has limits of memory, files and time that it can't raise", async () => {
    const limits = (await pool.run({ do: "limits" }, 10_000)) as string;
    const limitOf = (name: string): string | undefined => new RegExp(`^${name} +(\\d+) +\\1 `, "m").exec(limits)?.[1];
    expect(limitOf("Max data size")).toBe(String(512 * MB));
    expect(limitOf("Max file size")).toBe("0");
    expect(limitOf("Max core file size")).toBe("0");
    expect(limitOf("Max open files")).toBe("256");
    expect(Number(limitOf("Max cpu time"))).toBeGreaterThan(0);
  });

  it("ends where it needs more memory, and the next request has a new one", async () => {
    expect(await reasonOf(pool.run({ do: "fill" }, 60_000))).toBe("out-of-memory");
    expect(await pool.run({ do: "count" }, 10_000)).toBe(1);
  });

  it("ends with the process that started it, also in an endless loop", async () => {
    const script = new URL("../../../../test/fixtures/pool-owner.mjs", import.meta.url);
    const owner = fork(script, { execArgv: [] });
    const [pid] = (await once(owner, "message")) as [number];
    const isRunning = () => existsSync(`/proc/${pid}`);
    expect(isRunning()).toBe(true);
    owner.kill("SIGKILL");
    await expect.poll(isRunning, { timeout: 30_000 }).toBe(false);
  });

  it("writes no file", async () => {
    expect(await pool.run({ do: "write" }, 10_000)).toBe("EFBIG");
  });
});

describe("a process of a pool", () => {
  it("has none of the service's secrets", async () => {
    const names = (await pool.run({ do: "environment" }, 10_000)) as string[];
    expect(names).toContain("PATH");
    expect(names.filter((name) => /URL|KEY|SECRET|TOKEN|NATS|AWS/.test(name))).toEqual([]);
  });

  it("is killed where it is not done in time, and the next request has a new one", async () => {
    const before = await pool.run({ do: "count" }, 10_000);
    expect(before).toBeGreaterThan(0);
    expect(await reasonOf(pool.run({ do: "turn" }, 0))).toBe("timeout");
    expect(await pool.run({ do: "count" }, 10_000)).toBe(1);
  });
});
