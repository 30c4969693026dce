import { randomBytes } from "node:crypto";
import { expect, it } from "vitest";
import { seal, sealingKeyFrom, unseal } from "./seal.ts";

const key = sealingKeyFrom(randomBytes(32), "test");

it("a sealed text shows nothing of itself, and opens with its key in its place only", () => {
  const text = "whsec_caf\u00e9".repeat(20);
  const sealed = seal(key, "webhook 1", text);
  expect(sealed.toString("latin1")).not.toContain("whsec_");
  expect(seal(key, "webhook 1", text)).not.toEqual(sealed);
  expect(unseal(key, "webhook 1", sealed)).toBe(text);
  expect(unseal(key, "webhook 2", sealed)).toBeNull();
  expect(unseal(sealingKeyFrom(randomBytes(32), "test"), "webhook 1", sealed)).toBeNull();
});

it("a sealed text that was changed anywhere, or cut, does not open", () => {
  const sealed = seal(key, "", "text");
  for (let byte = 0; byte < sealed.length; byte += 1) {
    const changed = Buffer.from(sealed);
    changed[byte] = (changed[byte] ?? 0) ^ 1;
    expect(unseal(key, "", changed)).toBeNull();
    expect(unseal(key, "", sealed.subarray(0, byte))).toBeNull();
  }
});
