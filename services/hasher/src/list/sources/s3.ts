import { nameOfBytes } from "@lookalike/shared/domain/image/file-name";
import { type FoundImage, foundImage } from "@lookalike/shared/domain/image/listed-image";
import type { FileTally } from "@lookalike/shared/domain/job/file-counts";
import type { Source } from "@lookalike/shared/domain/job/source";
import { ObjectError, type Objects } from "@lookalike/shared/sources/objects";
import { classifyName, isImageName } from "./classify.ts";
import { Exclusions } from "./exclusions.ts";
import { ListingError } from "./walk.ts";

type BucketSource = Extract<Source, { kind: "s3" }>;

/**
 * Lists a bucket in the order of its keys. An object that changes or vanishes meanwhile is listed as its
 * page of the listing says; when it is read, its ETag is checked again.
 */
export async function* listBucket(
  source: BucketSource,
  objects: Objects,
  tally: FileTally,
): AsyncGenerator<FoundImage> {
  const exclusions = new Exclusions(source);
  try {
    for await (const { key, etag, bytes, modifiedAt } of objects.list(source.bucket, source.prefix)) {
      const path = key.slice(source.prefix.length);
      // A key that ends with a slash is how some programs write an empty folder.
      if (path === "" || path.endsWith("/")) continue;
      const rule = exclusions.ruleOfKey(path);
      const found = isImageName(path, source.svg) ? "image" : await classifyName(path);
      if (rule !== null) tally.addExcluded(rule);
      else if (found !== "image") tally.addUnlisted(path, found.class, found.detail);
      else {
        tally.addImage();
        yield foundImage({ path: nameOfBytes(Buffer.from(path)), fingerprint: etag, bytes, modifiedAt });
      }
    }
  } catch (error) {
    if (error instanceof ObjectError) throw new ListingError(error.message);
    throw error;
  }
}
