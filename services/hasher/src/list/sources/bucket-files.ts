import { createHash } from "node:crypto";
import type { Source } from "@lookalike/shared/domain/job/source";
import { keyOf } from "@lookalike/shared/sources/listed-file";
import { ObjectError, type Objects } from "@lookalike/shared/sources/objects";
import type { SourceFiles } from "../recognize.ts";

/** The objects of a bucket, by their keys below its prefix. */
export const bucketFiles = (
  { bucket, prefix }: Extract<Source, { kind: "s3" }>,
  objects: Pick<Objects, "read" | "size">,
): SourceFiles => ({
  // An ETag changes with the content.
  provesContent: true,
  async isStillThere(path, etag) {
    try {
      await objects.size(bucket, keyOf(prefix, path), etag);
      return true;
    } catch (error) {
      if (!(error instanceof ObjectError)) throw error;
      // What can't be looked at may be there, and is then not what another object was.
      return error.reason === "unreadable";
    }
  },
  async digestOf(path) {
    try {
      const hash = createHash("sha256");
      for await (const chunk of await objects.read(bucket, keyOf(prefix, path), null)) hash.update(chunk);
      return hash.digest("hex");
    } catch {
      return null;
    }
  },
});
