import { execFile } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { promisify } from "node:util";
import { makeDemoCatalog } from "@lookalike/local/demo";
import { directorySource } from "@lookalike/shared/domain/job/source";
import { expect, it } from "vitest";
import { WITH_KEY } from "../support/servers.ts";
import { startSystem } from "../support/system.ts";

const run = promisify(execFile);
const CHECKS = [
  "not_a_server_error",
  "status_code_conformance",
  "content_type_conformance",
  "response_schema_conformance",
].join();
/** An event stream does not end; a session is a browser's; schemathesis can't write NDJSON. */
const LEFT_OUT = "progress|session|decisions/import";

it("the API answers as its document says, whatever the request (schemathesis)", async () => {
  const system = await startSystem({ LOG_LEVEL: "error", LOOKALIKE_REQUESTS_PER_MINUTE: "1000000" });
  try {
    const root = system.path("pictures");
    await makeDemoCatalog(root);
    await system.run(directorySource(root), {}, "pictures");
    const cwd = system.path("schemathesis");
    await mkdir(cwd);
    const examples = process.env["FUZZ_EXAMPLES"] ?? "20";
    const { stdout } = await run(
      process.env["SCHEMATHESIS"] ?? "schemathesis",
      [
        ...["run", `${system.address}/openapi.json`, "--header", `Authorization: ${WITH_KEY.authorization}`],
        ...["--max-examples", examples, "--seed", "1", "--phases", "examples,coverage,fuzzing"],
        ...["--exclude-path-regex", LEFT_OUT, "--checks", CHECKS, "--no-color"],
      ],
      { cwd, maxBuffer: 64 * 1024 * 1024 },
    ).catch((error: { stdout?: string; message: string }) => {
      throw new Error(error.stdout || `${error.message}: pip install schemathesis, or set SCHEMATHESIS`);
    });
    expect(stdout).toMatch(/generated, \d+ passed/);
  } finally {
    await system.stop();
  }
});
