import type { SourceMark } from "@lookalike/shared/domain/listing-mark";
import type { FoundImage } from "@lookalike/shared/store/listing";

/** One walk over a source. */
export interface Walk {
  readonly images: AsyncIterable<FoundImage>;
  /** It begins behind the mark it was given: what stands before has not changed. */
  readonly continues: boolean;
  /** Where the next walk may begin, once this one is over; null = at the start. */
  readonly mark: () => SourceMark | null;
}

/** A walk that always begins at the start. */
export const wholeWalk = (images: AsyncIterable<FoundImage>): Walk => ({ images, continues: false, mark: () => null });
