import type { Source } from "@lookalike/shared/domain/options";
import { refusalOf } from "@lookalike/shared/files/source-roots";
import type { FoundImage } from "@lookalike/shared/store/listing";
import { listDirectory } from "./directory.ts";
import { listHashes } from "./hashes.ts";
import { SourceError } from "./source-error.ts";

/**
 * Lists a source's images as a stream, in an order that depends on the source's content alone: two
 * walks over the same source give the same images in the same order.
 * @param roots folders that sources must lie under; asked again here, since links may have changed
 * @throws SourceError when the source can't be read; a single bad item is listed with its failure
 */
export async function* listSource(source: Source, roots: readonly string[]): AsyncGenerator<FoundImage> {
  const refusal = await refusalOf(source, roots);
  if (refusal !== null) throw new SourceError(refusal);
  yield* source.kind === "directory" ? listDirectory(source) : listHashes(source);
}
