import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ROOT, temporaryFolder } from "../support/folders.ts";

const ADVISORY = { url: "https://example.org/advisory", severity: "high", title: "Reads what it should not" };

/** What the registry answers; null = the status of a registry that has no advisories. */
let advisories: object | null = null;
let requested: Record<string, string[]> = {};
let registry: Server;
let folder: Awaited<ReturnType<typeof temporaryFolder>>;

beforeAll(async () => {
  folder = await temporaryFolder();
  registry = createServer(async (request, response) => {
    requested = JSON.parse((await buffer(request)).toString()) as Record<string, string[]>;
    response.writeHead(advisories === null ? 405 : 200, { "content-type": "application/json" });
    response.end(JSON.stringify(advisories ?? {}));
  });
  await new Promise<void>((resolve) => registry.listen(0, "127.0.0.1", resolve));
});
afterAll(async () => {
  registry.close();
  await folder.remove();
});

const audit = (...args: string[]): Promise<{ code: number; output: string }> =>
  new Promise((resolve) => {
    const { port } = registry.address() as AddressInfo;
    const env = {
      ...process.env,
      npm_config_registry: `http://127.0.0.1:${port}/`,
      LOOKALIKE_ADVISORIES: join(folder.path, "advisories.json"),
    };
    execFile(process.execPath, [join(ROOT, "scripts/audit.mjs"), ...args], { env }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), output: stdout + stderr }),
    );
  });

it("names what the registry knows of the lockfile's packages, and fails", async () => {
  advisories = { sharp: [ADVISORY] };
  const { code, output } = await audit("--save");
  expect(code).toBe(1);
  expect(output).toContain("sharp: high: Reads what it should not (https://example.org/advisory)");
  expect(output).not.toContain("NOT CHECKED");
  expect(requested).toMatchObject({ sharp: [expect.any(String)], fastify: [expect.any(String)] });
});

it("without the registry uses what it saved, and says what is not in that", async () => {
  advisories = null;
  const file = join(folder.path, "advisories.json");
  expect((await audit()).output).toContain("sharp: high");
  const saved = JSON.parse(await readFile(file, "utf8")) as { checked: string[] };
  const checked = saved.checked.filter((id) => !id.startsWith("fastify@"));
  await writeFile(file, JSON.stringify({ ...saved, checked, advisories: {} }));
  const { code, output } = await audit();
  expect(code).toBe(0);
  expect(output).toMatch(/it answers 405/);
  expect(output).toMatch(/NOT CHECKED for known vulnerabilities: 1 of \d+ packages/);
});
