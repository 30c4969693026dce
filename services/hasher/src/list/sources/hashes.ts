import { createHash, hash } from "node:crypto";
import { open } from "node:fs/promises";
import { bytesOfName, nameOfBytes } from "@lookalike/shared/domain/image/file-name";
import type { Failure, FailureReason } from "@lookalike/shared/domain/image/hash-block";
import type { SourceMark } from "@lookalike/shared/domain/image/listing-mark";
import type { Source } from "@lookalike/shared/domain/job/options";
import { messageOf } from "@lookalike/shared/runtime/errors";
import type { FoundImage } from "@lookalike/shared/store/catalog/listing";
import { z } from "zod";
import { ListingError } from "../listing-error.ts";
import { digestBytes, readLines } from "./lines.ts";
import { NameSet } from "./name-set.ts";
import { IMAGES_PER_PART, type Walk } from "./walk.ts";

type HashesSource = Extract<Source, { kind: "hashes" }>;

const size = z
  .int()
  .min(0)
  .max(2 ** 53 - 1)
  .nullish();
const Line = z.object({
  id: z.string().min(1).max(4_096),
  hash: z.string().regex(/^([0-9a-fA-F]{8}){2,8}$/, "must be 64 to 256 bits in hexadecimal, a multiple of 32"),
  width: size,
  height: size,
  bytes: size,
});

/**
 * Walks an NDJSON file of {id, hash, width?, height?, bytes?}, for owners who have perceptual hashes
 * already. All hashes are as long as the first one; a bad line is a failed item, not a failed job.
 * A file that has only grown since the mark is read from there: its first bytes are what they were.
 */
export const walkHashes = async ({ file }: HashesSource, mark: SourceMark | null): Promise<Walk> => {
  const handle = await open(file).catch((error: unknown) => {
    throw new ListingError(`${file}: the file can't be read (${messageOf(error)})`);
  });
  const stats = await handle.stat();
  if (!stats.isFile()) {
    await handle.close();
    throw new ListingError(`${file}: not a file`);
  }
  const known = createHash("sha256");
  if (mark !== null) await digestBytes(handle, known, 0, mark.bytes);
  const begin = mark !== null && known.copy().digest("base64url") === mark.sha256 ? mark : null;
  let end: SourceMark | null = null;

  async function* parts(): AsyncGenerator<FoundImage[]> {
    let { bytes, lines, hashDigits } = begin ?? START;
    const names = new NameSet();
    const failed = (text: string, failure: Failure): FoundImage => {
      const name = freeName(`line ${lines}`, names);
      names.add(name);
      return failedLine(name, text, failure);
    };
    const imageOf = (text: string): FoundImage => {
      const line = parseLine(text);
      if ("reason" in line) return failed(text, line);
      hashDigits ??= line.hash.length;
      if (line.hash.length !== hashDigits)
        return failed(text, badLine(`a hash of ${line.hash.length * 4} bits where the first has ${hashDigits * 4}`));
      const id = nameOf(line.id);
      if (!names.add(id))
        return failed(text, {
          reason: "duplicate-id",
          detail: `id ${id.slice(0, 80)} stands on an earlier line`.toWellFormed(),
        });
      return {
        path: id,
        fingerprint: digestOf(
          `${line.hash.toLowerCase()},${line.width ?? ""},${line.height ?? ""},${line.bytes ?? ""}`,
        ),
        bytes: line.bytes ?? null,
        modifiedAt: null,
        givenHash: Buffer.from(line.hash, "hex"),
        width: line.width ?? null,
        height: line.height ?? null,
        failure: null,
      };
    };
    try {
      const digest = begin === null ? createHash("sha256") : known;
      // A last line without an end may still grow.
      let mayGrow = false;
      let part: FoundImage[] = [];
      for await (const read of readLines(handle, digest, bytes, stats.size)) {
        for (const text of read.lines) {
          lines += 1;
          if (text.trim() !== "") part.push(imageOf(text));
        }
        mayGrow = read.endsInLine;
        if (part.length < IMAGES_PER_PART) continue;
        yield part;
        part = [];
      }
      if (part.length > 0) yield part;
      if (!mayGrow) end = { bytes: stats.size, lines, hashDigits, sha256: digest.digest("base64url") };
    } finally {
      await handle.close();
    }
  }
  return { parts: parts(), continues: begin !== null, mark: () => end };
};

const START = { bytes: 0, lines: 0, hashDigits: null as number | null };

/** Half a surrogate pair, which JSON may hold, is stored as U+FFFD: two ids that differ in that alone are one. */
const nameOf = (id: string): string => (id.isWellFormed() ? id : nameOfBytes(bytesOfName(id)));

/** A failed line has no name but its number; some line's id may be just that. */
const freeName = (name: string, taken: NameSet): string => (taken.has(name) ? freeName(`${name}'`, taken) : name);

/** 96 bits of SHA-256: enough to tell a changed line, short enough for ten million of them. */
const digestOf = (text: string): string => hash("sha256", text, "base64url").slice(0, 16);

const parseLine = (text: string): z.infer<typeof Line> | Failure => {
  try {
    const line = Line.safeParse(JSON.parse(text));
    if (line.success) return line.data;
    const issue = line.error.issues[0];
    return badLine(`${issue?.path.join(".") ?? ""}: ${issue?.message ?? ""}`);
  } catch (error) {
    return badLine(messageOf(error));
  }
};

const badLine = (detail: string): Failure => ({
  reason: "bad-line" satisfies FailureReason,
  detail: detail.slice(0, 120).toWellFormed(),
});

const failedLine = (name: string, text: string, failure: Failure): FoundImage => ({
  path: name,
  fingerprint: digestOf(text),
  bytes: null,
  modifiedAt: null,
  givenHash: null,
  width: null,
  height: null,
  failure,
});
