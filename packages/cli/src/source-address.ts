import { existsSync, readdirSync } from "node:fs";
import { resolve } from "node:path";
import { callerFolder } from "@lookalike/local/instance";
import { directorySource, type Source, s3Source } from "@lookalike/shared/domain/job/source";
import { rootBytes, rootOfBytes } from "@lookalike/shared/domain/primitives/root-path";
import { EXIT, OperatorError } from "@lookalike/shared/runtime/errors";

const HASHES = "hashes:";

export const SOURCE_FORMS = "a folder, s3://bucket/prefix, or hashes:FILE.ndjson";

/** A path as a person means it who called the command. */
export const callerPath = (path: string): string => resolve(callerFolder(), path);

/** What Node and npm make of a byte of an argument that is not UTF-8. */
const REPLACED = "\ufffd";

/**
 * The bytes of a path. Where its text has lost some, they are those of the one name in each folder that looks like it.
 * @throws OperatorError where several do
 */
const bytesOfPath = (path: string): Buffer => {
  const place = Buffer.from(path);
  if (!path.includes(REPLACED) || existsSync(place)) return place;
  return path.split("/").reduce((folder: Buffer, name) => {
    if (name === "") return folder;
    const below = (entry: Buffer): Buffer => Buffer.concat([folder, Buffer.from("/"), entry]);
    if (!name.includes(REPLACED)) return below(Buffer.from(name));
    const alike = namesIn(folder).filter((entry) => entry.toString() === name);
    const [only, other] = alike;
    if (other !== undefined)
      throw new OperatorError(
        `${path}: ${alike.length} names look like this one, none of them UTF-8. Give a file URL, as in file:///photos/caf%E9.`,
        EXIT.noInput,
      );
    return below(only ?? Buffer.from(name));
  }, Buffer.alloc(0));
};

/** The names in a folder; none where it can't be read, which is reported when it is used. */
const namesIn = (folder: Buffer): Buffer[] => {
  try {
    return readdirSync(folder.length === 0 ? "/" : folder, { encoding: "buffer" });
  } catch {
    return [];
  }
};

/** The source that an address names. @throws OperatorError for a bucket that can't be one */
export const sourceOf = (address: string): Source => {
  if (address.startsWith(HASHES)) return { kind: "hashes", file: callerPath(address.slice(HASHES.length)) };
  if (address.startsWith("file:///")) return directorySource(rootOfBytes(rootBytes(address)));
  if (!address.startsWith("s3://")) return directorySource(rootOfBytes(bytesOfPath(callerPath(address))));
  const source = s3Source(address);
  if (source !== null) return source;
  throw new OperatorError(`${address}: not an address of S3. Write s3://BUCKET/PREFIX.`, EXIT.noInput);
};
