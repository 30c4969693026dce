import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { temporaryFolder } from "../../../../test/support/folders.ts";
import { integer, readEnvironment, ServiceEnvironment } from "./config.ts";

const Environment = z.object({
  THREADS: integer({ min: 1, max: 256, default: 4, about: "Worker threads" }),
  BYTES: integer({ min: 1, default: 1_024, about: "Memory" }),
});

describe("the environment", () => {
  it("gives a whole number, and its default where the variable is absent or empty", () => {
    expect(readEnvironment(Environment, { THREADS: "16", BYTES: "" })).toEqual({ THREADS: 16, BYTES: 1_024 });
  });

  it.each(["0", "257", "2.5", "many"])("refuses THREADS=%s with its name and its limits", (value) => {
    expect(() => readEnvironment(Environment, { THREADS: value })).toThrow(
      `THREADS=${value}: must be a whole number from 1 to 256`,
    );
  });

  it("names every bad variable in one line", () => {
    expect(() => readEnvironment(Environment, { THREADS: "x", BYTES: "-1" })).toThrow(
      "THREADS=x: must be a whole number from 1 to 256; BYTES=-1: must be a whole number of at least 1",
    );
  });

  it("reads a secret from the file that NAME_FILE names", async () => {
    const { path, remove } = await temporaryFolder();
    const file = join(path, "threads");
    await writeFile(file, "16\n");
    expect(readEnvironment(Environment, { THREADS_FILE: file, BYTES: "1" })).toEqual({ THREADS: 16, BYTES: 1 });
    await remove();
    expect(() => readEnvironment(Environment, { THREADS_FILE: file })).toThrow(
      `THREADS_FILE=${file}: the file can't be read`,
    );
  });

  it("says what is not set", () => {
    expect(() => readEnvironment(ServiceEnvironment, { NATS_URL: "nats://127.0.0.1:4222" })).toThrow(
      "DATABASE_URL is not set",
    );
  });

  it.each([
    ["DATABASE_URL", "host=db password=hunter2"],
    ["DATABASE_URL", "postgres:/me:hunter2@db/x"],
    ["NATS_URL", "nats://one,hunter2@two"],
  ])("never repeats %s, which may have a password", (name, value) => {
    const environment = { NATS_URL: "nats://one", DATABASE_URL: "postgres://db/x", [name]: value };
    expect(() => readEnvironment(ServiceEnvironment, environment)).toThrow(new RegExp(`^${name}: must be [^=]*$`));
  });
});
