import { nameOfBytes } from "@lookalike/shared/domain/image/file-name";
import { type FoundImage, foundImage } from "@lookalike/shared/domain/image/listed-image";
import type { Source } from "@lookalike/shared/domain/job/source";
import { ObjectError, type Objects } from "@lookalike/shared/sources/objects";
import { ListingError, matchesGlobs } from "./walk.ts";

type BucketSource = Extract<Source, { kind: "s3" }>;

/**
 * Lists a bucket in the order of its keys. An object that changes or vanishes meanwhile is listed as its
 * page of the listing says; when it is read, its ETag is checked again.
 */
export async function* listBucket(source: BucketSource, objects: Objects): AsyncGenerator<FoundImage> {
  const matches = matchesGlobs(source);
  try {
    for await (const { key, etag, bytes, modifiedAt } of objects.list(source.bucket, source.prefix)) {
      const path = key.slice(source.prefix.length);
      if (matches(path))
        yield foundImage({ path: nameOfBytes(Buffer.from(path)), fingerprint: etag, bytes, modifiedAt });
    }
  } catch (error) {
    if (error instanceof ObjectError) throw new ListingError(error.message);
    throw error;
  }
}
