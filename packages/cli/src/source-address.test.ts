import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { callerPath, sourceOf } from "./source-address.ts";

describe("an address names a source", () => {
  it("of each kind", () => {
    expect(sourceOf("/photos")).toMatchObject({ kind: "directory", root: "/photos" });
    expect(sourceOf("hashes:/h.ndjson")).toEqual({ kind: "hashes", file: "/h.ndjson" });
    expect(sourceOf("s3://photos/2019")).toMatchObject({ kind: "s3", bucket: "photos", prefix: "2019" });
    expect(sourceOf("s3://photos")).toMatchObject({ kind: "s3", bucket: "photos", prefix: "" });
  });

  it("with paths from where the command was called", () => {
    const folder = process.env["INIT_CWD"] ?? process.cwd();
    expect(sourceOf("hashes:h.ndjson")).toEqual({ kind: "hashes", file: resolve(folder, "h.ndjson") });
    expect(callerPath("a/b")).toBe(resolve(folder, "a/b"));
  });

  it("but not a bucket that can't be one", () => {
    expect(() => sourceOf("s3://Not A Bucket/x")).toThrow("s3://Not A Bucket/x: not an address of S3");
  });
});
