import { createHash, type Hash, hash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import type { Failure, FailureReason } from "@lookalike/shared/domain/hash-block";
import type { SourceMark } from "@lookalike/shared/domain/listing-mark";
import type { Source } from "@lookalike/shared/domain/options";
import { messageOf } from "@lookalike/shared/runtime/fail";
import type { FoundImage } from "@lookalike/shared/store/listing";
import { z } from "zod";
import { ListingError } from "../listing-error.ts";
import type { Walk } from "./walk.ts";

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

  async function* images(): AsyncGenerator<FoundImage> {
    let { bytes, lines, hashDigits } = begin ?? START;
    const names = new Set<string>();
    const failed = (text: string, failure: Failure): FoundImage => {
      const name = freeName(`line ${lines}`, names);
      names.add(name);
      return failedLine(name, text, failure);
    };
    try {
      for await (const text of bytes < stats.size ? readLines(handle, bytes, stats.size) : []) {
        lines += 1;
        if (text.trim() === "") continue;
        const line = parseLine(text);
        if ("reason" in line) {
          yield failed(text, line);
          continue;
        }
        hashDigits ??= line.hash.length;
        if (line.hash.length !== hashDigits) {
          yield failed(text, badLine(`a hash of ${line.hash.length * 4} bits where the first has ${hashDigits * 4}`));
          continue;
        }
        if (names.has(line.id)) {
          yield failed(text, {
            reason: "duplicate-id",
            detail: `id ${line.id.slice(0, 80)} stands on an earlier line`.toWellFormed(),
          });
          continue;
        }
        names.add(line.id);
        yield {
          path: line.id,
          fingerprint: digestOf([line.hash.toLowerCase(), line.width, line.height, line.bytes].join()),
          bytes: line.bytes ?? null,
          modifiedAt: null,
          givenHash: Buffer.from(line.hash, "hex"),
          width: line.width ?? null,
          height: line.height ?? null,
          failure: null,
        };
      }
      // Read once more: lines do not tell their bytes.
      const digest = begin === null ? createHash("sha256") : known;
      const last = await digestBytes(handle, digest, bytes, stats.size);
      // A last line without an end may still grow.
      if (last === NEWLINE || bytes === stats.size)
        end = { bytes: stats.size, lines, hashDigits, sha256: digest.digest("base64url") };
    } finally {
      await handle.close();
    }
  }
  return { images: images(), continues: begin !== null, mark: () => end };
};

const START = { bytes: 0, lines: 0, hashDigits: null as number | null };
const NEWLINE = 0x0a;
const BYTES_A_READ = 1 << 20;

const readLines = (handle: FileHandle, from: number, to: number): AsyncIterable<string> =>
  handle.readLines({ start: from, end: to - 1, autoClose: false });

/** Adds the file's bytes from ≤ at < to. @returns the last one */
const digestBytes = async (handle: FileHandle, digest: Hash, from: number, to: number): Promise<number | undefined> => {
  // One buffer for all of the file: a stream's new ones take longer than the digest.
  const buffer = Buffer.allocUnsafe(Math.min(BYTES_A_READ, to - from));
  let last: number | undefined;
  for (let at = from; at < to; ) {
    const { bytesRead } = await handle.read(buffer, 0, Math.min(buffer.length, to - at), at);
    if (bytesRead === 0) break;
    digest.update(buffer.subarray(0, bytesRead));
    last = buffer[bytesRead - 1];
    at += bytesRead;
  }
  return last;
};

/** A failed line has no name but its number; some line's id may be just that. */
const freeName = (name: string, taken: ReadonlySet<string>): string =>
  taken.has(name) ? freeName(`${name}'`, taken) : name;

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
