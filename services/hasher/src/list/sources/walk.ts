import type { FoundImage } from "@lookalike/shared/domain/image/listed-image";
import type { ListingMark } from "@lookalike/shared/domain/image/listing";
import type { FileTally } from "@lookalike/shared/domain/job/file-counts";
import type { SourceFiles } from "../recognize.ts";

/** The source can't be listed as the job requires: there is no folder or file, or the options do not fit. The job fails with this text. */
export class ListingError extends Error {
  override readonly name = "ListingError";
  /** Known images that were not found, where they are the reason. */
  readonly missingImages: number | null;

  constructor(message: string, missingImages: number | null = null) {
    super(message);
    this.missingImages = missingImages;
  }
}

/** A catalog's mark, and what the catalog holds. */
export interface MarkedCatalog extends Pick<ListingMark, "end" | "images"> {
  readonly mark: ListingMark | null;
}

/** One walk over a source. */
export interface Walk {
  /** How many images it is going to find, as far as that shows before it reads them; 0 where it does not. */
  readonly expected: number;
  /** The images that it finds, a thousand at a time. */
  readonly parts: AsyncIterable<readonly FoundImage[]>;
  /** It resumed from the mark, so every image it finds must be new to the catalog: otherwise the source is walked from its start. */
  readonly isResumed: boolean;
  /** The mark from which the next walk may resume, once this one is over; null = at the start. @param catalog after this walk */
  readonly mark: (catalog: Pick<ListingMark, "end" | "images">) => ListingMark | null;
  /** For recognizing files that were moved or touched; null = the source has no files. */
  readonly files: SourceFiles | null;
  /** What became of each file, once this walk is over; null where the source is no folder of files. */
  readonly tally: Tally | null;
  /** Releases what it holds, when nothing more is requested of it. */
  readonly close: () => Promise<void>;
}

/** What a walk has counted. */
export type Tally = Pick<FileTally, "counts" | "looked" | "mounts" | "unlisted">;

/** A part may have slightly more. It is also a turn of a listing, and others wait for its end. */
export const IMAGES_PER_PART = 1_000;

/** A walk over a source that has no marks. */
export const fullWalk = (
  images: AsyncIterable<FoundImage>,
  { files, tally }: Pick<Walk, "files" | "tally"> = { files: null, tally: null },
): Walk => ({
  expected: 0,
  files,
  tally,
  parts: inParts(images),
  isResumed: false,
  mark: () => null,
  close: async () => undefined,
});

async function* inParts(images: AsyncIterable<FoundImage>): AsyncGenerator<FoundImage[]> {
  let part: FoundImage[] = [];
  for await (const image of images) {
    part.push(image);
    if (part.length < IMAGES_PER_PART) continue;
    yield part;
    part = [];
  }
  if (part.length > 0) yield part;
}
