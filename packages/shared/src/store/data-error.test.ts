import { DrizzleQueryError } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { isBug } from "../runtime/errors.ts";
import { isDataError, isUniqueViolation } from "./data-error.ts";

const sqlError = (code: string): Error => new DrizzleQueryError("insert", [], Object.assign(new Error("no"), { code }));
const thrown = (work: () => unknown): unknown => {
  try {
    return work();
  } catch (error) {
    return error;
  }
};

describe("an error while events are folded", () => {
  it.each(["22003", "22P05", "23505", "54000"])("is the data's by SQLSTATE %s", (code) => {
    expect(isDataError(sqlError(code))).toBe(true);
    expect(isBug(sqlError(code))).toBe(false);
  });

  it("is the data's where a schema refuses it", () => {
    expect(isDataError(thrown(() => z.int().parse("x")))).toBe(true);
  });

  it.each(["40P01", "53100", "57P01", "ECONNRESET", "EPIPE"])("is nobody's by code %s: it is tried again", (code) => {
    expect(isDataError(sqlError(code))).toBe(false);
    expect(isBug(sqlError(code))).toBe(false);
  });

  it.each([
    () => (null as unknown as string).length,
    () => new Uint8Array(-1),
    () => JSON.parse("{"),
    () => missingName,
  ])("is our own code's, and no data's: %s", (work) => {
    expect(isBug(thrown(work))).toBe(true);
    expect(isDataError(thrown(work))).toBe(false);
  });

  it("is a unique violation by its code alone", () => {
    expect(isUniqueViolation(sqlError("23505"))).toBe(true);
    expect(isUniqueViolation(sqlError("23503"))).toBe(false);
  });
});

declare const missingName: unknown;
