import type { SourceMark } from "@lookalike/shared/domain/image/listing-mark";
import type { FoundImage } from "@lookalike/shared/store/catalog/listing";

/** One walk over a source. */
export interface Walk {
  /** What it comes to, some thousands at a time. */
  readonly parts: AsyncIterable<readonly FoundImage[]>;
  /** It begins behind the mark it was given: what stands before has not changed. */
  readonly continues: boolean;
  /** Where the next walk may begin, once this one is over; null = at the start. */
  readonly mark: () => SourceMark | null;
}

/** Or a few more. */
export const IMAGES_PER_PART = 5_000;

/** A walk that always begins at the start. */
export const fullWalk = (images: AsyncIterable<FoundImage>): Walk => ({
  parts: inParts(images),
  continues: false,
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
