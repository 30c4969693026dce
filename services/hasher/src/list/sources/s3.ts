import { nameOfBytes } from "@lookalike/shared/domain/image/file-name";
import type { Source } from "@lookalike/shared/domain/job/options";
import { ObjectError, type Objects } from "@lookalike/shared/sources/objects";
import type { FoundImage } from "@lookalike/shared/store/catalog/listing";
import { ListingError } from "../listing-error.ts";
import { isWanted } from "./globs.ts";

type BucketSource = Extract<Source, { kind: "s3" }>;

/**
 * Lists a bucket in the order of its keys. An object that changes or goes while it is listed is
 * what it was when its page came: it is looked at again, by its ETag, when it is read.
 */
export async function* listBucket(source: BucketSource, objects: Objects): AsyncGenerator<FoundImage> {
  const wanted = isWanted(source);
  try {
    for await (const { key, etag, bytes, modifiedAt } of objects.list(source.bucket, source.prefix)) {
      const path = key.slice(source.prefix.length);
      if (!wanted(path)) continue;
      yield {
        path: nameOfBytes(Buffer.from(path)),
        fingerprint: etag,
        bytes,
        modifiedAt,
        givenHash: null,
        width: null,
        height: null,
        failure: null,
      };
    }
  } catch (error) {
    if (error instanceof ObjectError) throw new ListingError(error.message);
    throw error;
  }
}
