import type { FoundImage } from "@lookalike/shared/domain/image/listed-image";
import type { ListingMark } from "@lookalike/shared/domain/image/listing";
import type { Source } from "@lookalike/shared/domain/job/source";
import picomatch from "picomatch";
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
  /** The images that it finds, thousands at a time. */
  readonly parts: AsyncIterable<readonly FoundImage[]>;
  /** It resumed from the mark, so every image it finds must be new to the catalog: otherwise the source is walked from its start. */
  readonly isResumed: boolean;
  /** The mark from which the next walk may resume, once this one is over; null = at the start. @param catalog after this walk */
  readonly mark: (catalog: Pick<ListingMark, "end" | "images">) => ListingMark | null;
  /** For recognizing files that were moved or touched; null = the source has no files. */
  readonly files: SourceFiles | null;
}

/** A part may have slightly more. */
export const IMAGES_PER_PART = 5_000;

/** A walk over a source that has no marks. */
export const fullWalk = (images: AsyncIterable<FoundImage>, files: SourceFiles | null = null): Walk => ({
  files,
  parts: inParts(images),
  isResumed: false,
  mark: () => null,
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

/** The formats that are decoded; HEIC only where heic-decode is installed, and reported where it is not. */
const EXTENSIONS = /\.(jpe?g|jpe|jfif|png|webp|gif|tiff?|avif|heic|heif)$/i;
const SVG = /\.svgz?$/i;

type Globs = Pick<Extract<Source, { kind: "directory" }>, "include" | "exclude" | "svg">;

/** Whether a source lists a file, by its path below the source's root. */
export const matchesGlobs = ({ include, exclude, svg }: Globs): ((path: string) => boolean) => {
  const included = include.length === 0 ? () => true : picomatch([...include], { dot: true });
  const excluded = exclude.length === 0 ? () => false : picomatch([...exclude], { dot: true });
  return (path) => (EXTENSIONS.test(path) || (svg && SVG.test(path))) && included(path) && !excluded(path);
};
