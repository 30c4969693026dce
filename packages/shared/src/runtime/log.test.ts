import { describe, expect, it } from "vitest";
import { OperatorError } from "./errors.ts";
import { createLogger } from "./log.ts";

/** As drizzle throws it, of a statement that PostgreSQL refused. */
const queryError = () => {
  const cause = Object.assign(new Error("duplicate key"), { code: "23505", detail: "Key (digest)=(s3cret) exists" });
  return Object.assign(new Error("Failed query: insert into t values ($1)\nparams: s3cret\n    at s3cret", { cause }), {
    query: "insert into t values ($1)",
    params: ["s3cret"],
  });
};

const linesOf = (log: (logger: ReturnType<typeof createLogger>) => void): string[] => {
  const lines: string[] = [];
  log(createLogger("test", "info", { write: (line) => void lines.push(line) }));
  return lines;
};

describe("a line of the log", () => {
  it("names a failed statement without its values, wherever the error is", () => {
    const lines = linesOf((logger) => {
      logger.error({ err: queryError() }, "failed");
      logger.error({ err: queryError() });
      logger.error(queryError());
      logger.child({ request: 1 }).error({ err: new OperatorError("no", 1, { cause: queryError() }) }, "failed");
    });
    expect(lines).toHaveLength(4);
    for (const line of lines) {
      expect(line).not.toContain("s3cret");
      expect(line).toContain("duplicate key");
    }
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({
      err: { type: "Error", code: "23505", message: "duplicate key: failed query: insert into t values ($1)" },
    });
    expect(JSON.parse(lines[0] ?? "").err.stack).toMatch(/ {4}at queryError /);
  });

  it("has no secret in any field", () => {
    const [line = ""] = linesOf((logger) =>
      logger.child({ url: "nats://tok@one" }).info({ deep: { list: ["postgres://u:p@db"] } }, "Bearer abcdefgh"),
    );
    expect(line).not.toMatch(/tok|u:p|abcdefgh/);
    expect(JSON.parse(line)).toMatchObject({ url: "nats://***@one", deep: { list: ["postgres://***@db"] } });
  });

  it("has nothing that a terminal obeys, and is still JSON of the same text", () => {
    const path = "\u001b[2J\u009b31m\u202egpj.exe\u2028\u0000";
    const [line = ""] = linesOf((logger) => logger.info({ path }, path));
    expect(line).toMatch(/^[\x20-\x7e]+\n$/);
    expect(JSON.parse(line)).toMatchObject({ path, msg: path });
  });
});
