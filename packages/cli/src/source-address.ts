import { resolve } from "node:path";
import { callerFolder } from "@lookalike/local/instance";
import { directorySource, type Source, s3Source } from "@lookalike/shared/domain/job/source";
import { EXIT, OperatorError } from "@lookalike/shared/runtime/errors";

const HASHES = "hashes:";

export const SOURCE_FORMS = "a folder, s3://bucket/prefix, or hashes:FILE.ndjson";

/** A path as a person means it who called the command. */
export const callerPath = (path: string): string => resolve(callerFolder(), path);

/** The source that an address names. @throws OperatorError for a bucket that can't be one */
export const sourceOf = (address: string): Source => {
  if (address.startsWith(HASHES)) return { kind: "hashes", file: callerPath(address.slice(HASHES.length)) };
  if (!address.startsWith("s3://")) return directorySource(callerPath(address));
  const source = s3Source(address);
  if (source !== null) return source;
  throw new OperatorError(`${address}: not an address of S3. Write s3://BUCKET/PREFIX.`, EXIT.noInput);
};
