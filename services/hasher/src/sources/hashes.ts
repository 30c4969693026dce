import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import type { Failure, FailureReason } from "@lookalike/shared/domain/hash-block";
import type { Source } from "@lookalike/shared/domain/options";
import { messageOf } from "@lookalike/shared/runtime/fail";
import type { FoundImage } from "@lookalike/shared/store/listing";
import { z } from "zod";
import { SourceError } from "./source-error.ts";

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
 * Lists an NDJSON file of {id, hash, width?, height?, bytes?}, for owners who have perceptual hashes
 * already. All hashes are as long as the first one; a bad line is a failed item, not a failed job.
 */
export async function* listHashes({ file }: HashesSource): AsyncGenerator<FoundImage> {
  const handle = await open(file).catch((error: unknown) => {
    throw new SourceError(`${file}: the file can't be read (${messageOf(error)})`);
  });
  try {
    if (!(await handle.stat()).isFile()) throw new SourceError(`${file}: not a file`);
    let number = 0;
    let digits: number | null = null;
    const ids = new Set<string>();
    for await (const text of handle.readLines()) {
      number += 1;
      if (text.trim() === "") continue;
      const line = parseLine(text);
      if ("reason" in line) {
        yield failedLine(`line ${number}`, text, line);
        continue;
      }
      digits ??= line.hash.length;
      if (line.hash.length !== digits) {
        yield failedLine(
          `line ${number}`,
          text,
          badLine(`a hash of ${line.hash.length * 4} bits where the first has ${digits * 4}`),
        );
        continue;
      }
      if (ids.has(line.id)) {
        yield failedLine(`line ${number}`, text, {
          reason: "duplicate-id",
          detail: `id ${line.id.slice(0, 80)} stands on an earlier line`.toWellFormed(),
        });
        continue;
      }
      ids.add(line.id);
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
  } finally {
    await handle.close();
  }
}

/** 96 bits of SHA-256: enough to tell a changed line, short enough for ten million of them. */
const digestOf = (text: string): string => createHash("sha256").update(text).digest("base64url").slice(0, 16);

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
