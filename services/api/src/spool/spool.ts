import { randomUUID } from "node:crypto";
import { mkdtemp, open, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

/** Content that is larger than it may be. */
export class TooLarge extends Error {
  override readonly name = "TooLarge";
}

export type Spool = ReturnType<typeof createSpool>;

/** A file that exists for as long as a request needs it. */
export interface SpooledFile {
  readonly path: string;
  delete(): Promise<void>;
}

const FOLDER = /^lookalike-api-(\d+)-/;

/**
 * Files for what requests bring, so that it takes no memory while it waits to be worked on. They are in a folder that nobody else can read,
 * and those of a process that was killed are deleted by the next one.
 */
export const createSpool = (under = tmpdir()) => {
  let folder: Promise<string> | undefined;
  const createFolder = async (): Promise<string> => {
    for (const name of await readdir(under)) {
      const [, pid] = FOLDER.exec(name) ?? [];
      // Another user's folder can't be deleted, and is none of ours.
      // In a container, every process may have the same id.
      if (pid !== undefined && (Number(pid) === process.pid || !isRunning(Number(pid))))
        await rm(join(under, name), { recursive: true }).catch(() => undefined);
    }
    return mkdtemp(join(under, `lookalike-api-${process.pid}-`));
  };
  return {
    /** Stores a stream. @throws TooLarge when it has more than `maxBytes` */
    async store(content: Readable, maxBytes: number): Promise<SpooledFile> {
      folder ??= createFolder();
      const path = join(await folder, randomUUID());
      const file: SpooledFile = { path, delete: () => rm(path, { force: true }) };
      // Opened before anything can fail: a stream that opens the file itself may create it after it was deleted.
      const handle = await open(path, "wx", 0o600);
      try {
        await pipeline(content, limitedTo(maxBytes), handle.createWriteStream());
      } catch (error) {
        await file.delete();
        throw error;
      }
      return file;
    },
    async close(): Promise<void> {
      if (folder !== undefined) await rm(await folder, { recursive: true });
    },
  };
};

const limitedTo = (maxBytes: number) =>
  async function* (content: AsyncIterable<Buffer>) {
    let bytes = 0;
    for await (const piece of content) {
      bytes += piece.length;
      if (bytes > maxBytes) throw new TooLarge();
      yield piece;
    }
  };

const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
};
