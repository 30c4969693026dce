import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { constants, rename } from "node:fs/promises";
import { bytesOfName } from "@lookalike/shared/domain/image/file-name";
import { messageOf } from "@lookalike/shared/runtime/errors";
import { type Folder, namesOfPath, openFileAt, type Place, pathOf } from "@lookalike/shared/sources/folder-handle";
import { ARCHIVE_FOLDER } from "@lookalike/shared/sources/listed-file";
import { z } from "zod";
import { createFileAt, removeAt, syncFolder } from "./place.ts";

/** What a copy on another disk may lose: times in nanoseconds, since 1970. */
const Attributes = z.object({ mode: z.int(), uid: z.int(), gid: z.int(), mtimeNs: z.string().regex(/^-?\d+$/) });
export type Attributes = z.infer<typeof Attributes>;

/** A file of an archive, with enough to restore it without the database. Archives of earlier versions lack the optional fields. */
export const ManifestEntry = z
  .object({
    /** Relative to the source's root, written as in the API. */
    path: z.string(),
    ordinal: z.int().optional(),
    /** Left out for a companion, which is read when it is moved. */
    sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .optional(),
    bytes: z.int(),
    attributes: Attributes.optional(),
    /** Of the folders that the path leads through, from the root's on. */
    folders: z.array(Attributes).optional(),
    /** The path of an entry that is another name of the same file. */
    linkOf: z.string().optional(),
    /** For a companion: the paths of the pictures that it is named after. */
    companionOf: z.array(z.string()).optional(),
    /** The images that stay in its place; for a companion, files beside those that may be equal to it. */
    keepers: z.array(z.object({ path: z.string(), ordinal: z.int().optional(), sha256: z.string().optional() })),
  })
  .refine(({ sha256, companionOf }) => sha256 !== undefined || companionOf !== undefined, "a picture has no sha256");
export type ManifestEntry = z.infer<typeof ManifestEntry>;

/** A file that is left where it is, and why. */
export interface Refusal {
  readonly path: string;
  readonly reason: string;
}

const MANIFEST = Buffer.from("manifest.ndjson");
const SIGNATURE = Buffer.from("manifest.hmac");

const signatureOf = (key: Buffer, bytes: Buffer): Buffer => createHmac("sha256", key).update(bytes).digest();
const digestOf = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");

/**
 * Writes the manifest whole or not at all, with its signature. It is on the disk when this returns, before any file is moved.
 * @returns its SHA-256, in hexadecimal
 * @throws the system's error: then there is none
 */
export const writeManifest = async (
  folder: Folder,
  entries: readonly ManifestEntry[],
  key: Buffer,
): Promise<string> => {
  const bytes = Buffer.from(entries.map((entry) => `${JSON.stringify(entry)}\n`).join(""));
  try {
    await writeWhole({ folder, name: SIGNATURE }, Buffer.from(`${signatureOf(key, bytes).toString("hex")}\n`));
    await writeWhole({ folder, name: MANIFEST }, bytes);
    await syncFolder(folder);
  } catch (error) {
    for (const name of [MANIFEST, SIGNATURE]) await removeAt({ folder, name }).catch(() => undefined);
    throw error;
  }
  return digestOf(bytes);
};

const writeWhole = async (place: Place, bytes: Buffer): Promise<void> => {
  const unfinished = { ...place, name: Buffer.concat([place.name, Buffer.from(".unfinished")]) };
  const file = await createFileAt(unfinished, constants.O_WRONLY);
  try {
    await file.writeFile(bytes);
    await file.sync();
    await rename(pathOf(unfinished), pathOf(place));
  } catch (error) {
    await removeAt(unfinished).catch(() => undefined);
    throw error;
  } finally {
    await file.close();
  }
};

/** What a manifest says. */
export interface ManifestLines {
  readonly lines: readonly string[];
}

/** A manifest that was read once, so that what was verified is what is used. */
export interface Manifest extends ManifestLines {
  /** Why it may not be what Lookalike wrote; null = it is. */
  readonly problem: string | null;
  /** Whether this installation signed it. */
  readonly isSigned: boolean;
  /** Its SHA-256, in hexadecimal. */
  readonly digest: string;
}

/** @param digest the SHA-256 that the table of archives has; null where none was stored */
export const readManifest = async (folder: Folder, key: Buffer, digest: string | null): Promise<Manifest> => {
  const bytes = await readWhole({ folder, name: MANIFEST });
  const signature = await readWhole({ folder, name: SIGNATURE }).then(
    (hex) => Buffer.from(hex.toString("latin1").trim(), "hex"),
    () => Buffer.alloc(0),
  );
  const expected = signatureOf(key, bytes);
  const isSigned = signature.length === expected.length && timingSafeEqual(signature, expected);
  const actual = digestOf(bytes);
  return {
    problem: problemOf(signature.length > 0, isSigned, digest === actual),
    isSigned,
    digest: actual,
    lines: bytes
      .toString("utf8")
      .split("\n")
      .filter((line) => line !== ""),
  };
};

const readWhole = async (place: Place): Promise<Buffer> => {
  const file = await openFileAt(place);
  return file.readFile().finally(() => file.close());
};

const problemOf = (hasSignature: boolean, isSigned: boolean, isKnown: boolean): string | null => {
  if (!hasSignature) return "it has no signature";
  if (!isSigned) return "it was changed since it was written, or another installation wrote it";
  return isKnown ? null : "it is another manifest than the one that belongs to this archive";
};

/** The entries of a manifest, and a refusal for each line that no archive of ours has. */
export function* manifestEntries({ lines }: ManifestLines): Generator<ManifestEntry | Refusal> {
  const seen = new Set<string>();
  for (const [index, line] of lines.entries()) {
    const entry = entryOf(line);
    if (typeof entry === "string") {
      yield { path: `manifest.ndjson, line ${index + 1}`, reason: entry };
      continue;
    }
    const reason = pathProblem(entry.path) ?? (seen.has(entry.path) ? "the manifest names it twice" : null);
    seen.add(entry.path);
    yield reason === null ? entry : { path: entry.path, reason };
  }
}

const entryOf = (line: string): ManifestEntry | string => {
  try {
    return ManifestEntry.parse(JSON.parse(line));
  } catch (error) {
    return `the line can't be read: ${messageOf(error).split("\n")[0]}`;
  }
};

/** Why a path can't be one of a catalog's files; null = it can. */
const pathProblem = (path: string): string | null => {
  const names = namesOfPath(bytesOfName(path));
  if (names === null) return "the path does not stay below the catalog's folder";
  return names.some((name) => name.equals(ARCHIVE)) ? "the path leads into an archive" : null;
};
const ARCHIVE = Buffer.from(ARCHIVE_FOLDER);
