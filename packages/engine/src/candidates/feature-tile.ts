import { at, byteAt } from "@lookalike/shared/domain/primitives/columns";
import { type HashRows, spreadOrder } from "../compare/kernel.ts";
import { ANGLES } from "../evidence/feature-pattern.ts";
import { DESCRIPTOR_BYTES, descriptorAt, FEATURE_BYTES, featureCount } from "../evidence/features.ts";

/** What features are joined by, of a picture's evidence. */
export interface FeaturedPicture {
  readonly ordinal: number;
  /** 38 bytes for each feature: see features.ts. */
  readonly features: Uint8Array;
}

/**
 * The features of a run of pictures, a row for each; `ordinals` has each row's picture, and a picture's rows follow each other. Two tiles with the same id are
 * the same rows.
 */
export interface FeatureTile extends HashRows {
  readonly id: string;
  /** By row: x and y in 64ths of a pixel of the working picture, level, direction in 64ths of a turn. */
  readonly places: Int32Array;
}

/** Columns of {@link FeatureTile.places}. */
export const PLACE_COLUMNS = 4;

/** @param pictures by ascending ordinal; one without features has no row */
export const featureTile = (id: string, pictures: readonly FeaturedPicture[]): FeatureTile => {
  const count = pictures.reduce((sum, { features }) => sum + featureCount(features), 0);
  const ordinals = new Uint32Array(count);
  const words = new Int32Array((count * DESCRIPTOR_BYTES) / 4);
  const places = new Int32Array(count * PLACE_COLUMNS);
  let row = 0;
  for (const { ordinal, features } of pictures)
    for (let index = 0; index < featureCount(features); index += 1) {
      ordinals[row] = ordinal;
      writeDescriptor(words, row, descriptorAt(features, index));
      writePlace(places, row, features, index * FEATURE_BYTES);
      row += 1;
    }
  return { id, ordinals, words, places };
};

/** Which byte of a descriptor each place of a row has. */
const ORDER = spreadOrder(DESCRIPTOR_BYTES);

const writeDescriptor = (words: Int32Array, row: number, descriptor: Uint8Array): void => {
  const byteIn = (place: number): number => byteAt(descriptor, byteAt(ORDER, place));
  for (let place = 0; place < DESCRIPTOR_BYTES; place += 4)
    words[(row * DESCRIPTOR_BYTES + place) / 4] =
      byteIn(place) | (byteIn(place + 1) << 8) | (byteIn(place + 2) << 16) | (byteIn(place + 3) << 24);
};

const writePlace = (places: Int32Array, row: number, features: Uint8Array, from: number): void => {
  const to = row * PLACE_COLUMNS;
  places[to] = byteAt(features, from) | (byteAt(features, from + 1) << 8);
  places[to + 1] = byteAt(features, from + 2) | (byteAt(features, from + 3) << 8);
  places[to + 2] = byteAt(features, from + 4);
  places[to + 3] = byteAt(features, from + 5);
};

/**
 * The tile of the same pictures mirrored left to right. A mirrored descriptor has its halves exchanged (`mirroredDescriptor`), which exchanges neighbouring bytes
 * of a row, because rows are in bit-reversed order. An x is negated, and not counted from the other side, since only differences of places are compared.
 */
export const mirroredTile = ({ id, ordinals, words, places }: FeatureTile): FeatureTile => {
  const mirrored = places.slice();
  for (let from = 0; from < places.length; from += PLACE_COLUMNS) {
    mirrored[from] = -at(places, from);
    mirrored[from + 3] = (ANGLES / 2 - at(places, from + 3) + ANGLES) % ANGLES;
  }
  return {
    id: `${id} mirrored`,
    ordinals,
    words: words.map((word) => ((word & 0x00ff00ff) << 8) | ((word >>> 8) & 0x00ff00ff)),
    places: mirrored,
  };
};

/** A tile in two parts, cut between two pictures near its middle; null where it has one picture. */
export const halvesOf = (tile: FeatureTile): [FeatureTile, FeatureTile] | null => {
  const cut = cutOf(tile.ordinals);
  return cut === null ? null : [rowsOf(tile, 0, cut), rowsOf(tile, cut, tile.ordinals.length)];
};

/** The row at which the picture in the middle begins, or the one after it where that is the first row. */
const cutOf = (ordinals: Uint32Array): number | null => {
  let row = ordinals.length >> 1;
  const middle = at(ordinals, row);
  while (row > 0 && at(ordinals, row - 1) === middle) row -= 1;
  if (row > 0) return row;
  const next = ordinals.findIndex((ordinal) => ordinal !== middle);
  return next === -1 ? null : next;
};

const rowsOf = ({ id, ordinals, words, places }: FeatureTile, from: number, to: number): FeatureTile => ({
  id: `${id} ${from}-${to}`,
  ordinals: ordinals.subarray(from, to),
  words: words.subarray((from * DESCRIPTOR_BYTES) / 4, (to * DESCRIPTOR_BYTES) / 4),
  places: places.subarray(from * PLACE_COLUMNS, to * PLACE_COLUMNS),
});
