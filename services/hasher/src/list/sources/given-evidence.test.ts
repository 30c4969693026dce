import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decodeEvidence } from "@lookalike/engine/evidence/decode-evidence";
import { evidenceOfDctHashes } from "@lookalike/engine/evidence/given-evidence";
import type { FoundImage } from "@lookalike/shared/domain/image/listed-image";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { walkHashes } from "./hashes.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lookalike-test-"));
});
afterAll(() => rm(folder, { recursive: true }));

const HASH = "0123456789abcdef";
const DCT_HASHES = ["1a", "2b", "3c", "4d"].map((byte) => byte.repeat(32));
const SIZE = { width: 640, height: 480 };
const WHOLE = evidenceOfDctHashes(SIZE, { hashes: Buffer.from(DCT_HASHES.join(""), "hex"), quality: 100 });

/** The images of lines that have these fields beside an id and a hash. */
const imagesOf = async (...lines: readonly Record<string, unknown>[]): Promise<FoundImage[]> => {
  const text = lines.map((fields, index) => JSON.stringify({ id: `${index}`, hash: HASH, ...fields })).join("\n");
  await writeFile(join(folder, "lines"), text);
  const { parts } = await walkHashes({ kind: "hashes", file: "lines" }, { root: folder, below: "lines" }, null);
  const found: FoundImage[] = [];
  for await (const part of parts) found.push(...part);
  return found;
};

describe("evidence beside a given hash", () => {
  it("is stored as it was brought", async () => {
    const [image] = await imagesOf({ evidence: Buffer.from(WHOLE).toString("base64"), ...SIZE });
    expect(image).toMatchObject({ failure: null, givenHash: Buffer.from(HASH, "hex") });
    expect(Buffer.from(image?.givenEvidence ?? [])).toEqual(Buffer.from(WHOLE));
  });

  it("may be PDQ's hashes alone, and then says nothing else", async () => {
    const [image] = await imagesOf({ dctHashes: DCT_HASHES, dctQuality: 100, ...SIZE });
    const evidence = decodeEvidence(image?.givenEvidence ?? new Uint8Array(0));
    expect(evidence).toMatchObject({ sourceWidth: 640, sourceHeight: 480, width: 512, height: 384, dctQuality: 100 });
    expect(Buffer.from(evidence.dctHashes).toString("hex")).toBe(DCT_HASHES.join(""));
    expect(evidence.blockhashes).toEqual(new Uint8Array(64));
    expect(evidence.features).toHaveLength(0);
  });

  it("is part of what a line says: a line that changes it is another one, and lines without it are as before", async () => {
    const prints = async (fields: Record<string, unknown>) => (await imagesOf(fields))[0]?.fingerprint;
    const dct = (dctQuality: number) => ({ ...SIZE, dctHashes: DCT_HASHES, dctQuality });
    const all = [await prints(SIZE), await prints(dct(100)), await prints(dct(99))];
    expect(new Set(all).size).toBe(3);
    expect(await prints({ ...SIZE, evidence: null, dctHashes: null, dctQuality: null })).toBe(all[0]);
    expect(all[0]).toMatchInlineSnapshot(`"4Kp3Br4zu0gZkctb"`);
  });

  it.each<[string, Record<string, unknown>, string]>([
    ["no base64", { evidence: "%" }, "evidence: Invalid base64"],
    ["not whole", { evidence: Buffer.from(WHOLE.subarray(1)).toString("base64") }, "evidence: not evidence/1: "],
    ["changed", { evidence: Buffer.from(WHOLE.with(40, 1)).toString("base64") }, "its checksum does not fit"],
    ["too long", { evidence: Buffer.alloc(8_196).toString("base64") }, "evidence: must have at most 8192 bytes"],
    [
      "of another size",
      { evidence: Buffer.from(WHOLE).toString("base64"), width: 99 },
      "evidence: of 640 x 480 pixels",
    ],
    ["three hashes", { dctHashes: DCT_HASHES.slice(1), dctQuality: 9 }, "dctHashes: must be four hashes"],
    ["a short hash", { dctHashes: DCT_HASHES.with(2, "3c"), dctQuality: 9 }, "dctHashes.2: must be 256 bits"],
    ["no quality", { ...SIZE, dctHashes: DCT_HASHES }, "dctHashes: dctQuality belongs to them"],
    ["quality alone", { ...SIZE, dctQuality: 3 }, "dctHashes: dctQuality belongs to them"],
    ["no such quality", { ...SIZE, dctHashes: DCT_HASHES, dctQuality: 101 }, "dctQuality: "],
    [
      "no size",
      { dctHashes: DCT_HASHES, dctQuality: 9, width: 5 },
      "dctHashes: the line must have the picture's width",
    ],
    [
      "both",
      { ...SIZE, dctHashes: DCT_HASHES, dctQuality: 9, evidence: Buffer.from(WHOLE).toString("base64") },
      "evidence: it has the DCT hashes",
    ],
  ])("that can't be used makes a bad line: %s", async (_, fields, message) => {
    const [bad, good] = await imagesOf(fields, {});
    expect(bad?.failure).toMatchObject({ reason: "bad-line" });
    expect(bad?.failure?.detail).toContain(message);
    expect(good).toMatchObject({ path: "1", failure: null, givenEvidence: null });
  });
});
