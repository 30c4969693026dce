import { at } from "@lookalike/shared/domain/primitives/columns";

/** A family of more pictures that share a feature is found by what else its pictures share. */
export const MOST_PICTURES = 100;

/** Features of a tile, sorted by one of their keys. Rows of one key are in their order, so those of one picture are neighbours. */
export interface SideKeys {
  /** By row: its picture. */
  readonly ordinals: Uint32Array;
  /** By key: its first place; one more than there are keys. */
  readonly offsets: Uint32Array;
  /** By place: the row. */
  readonly rowOf: Uint32Array;
}

/**
 * The keys that more than so many pictures of two tiles have: the document frequency of Sivic and Zisserman ("Video Google", 2003). What is counted is what is joined:
 * a key that `n` pictures have brings together n (n - 1) / 2 of them.
 * @param right null = the two tiles are one
 * @returns ascending
 */
export const frequentKeys = (left: SideKeys, right: SideKeys | null, mostPictures: number): Uint32Array => {
  const frequent: number[] = [];
  for (let key = 0; key < left.offsets.length - 1; key += 1) {
    const rows = rowsOf(left, key) + (right === null ? 0 : rowsOf(right, key));
    if (rows <= mostPictures) continue;
    const pictures = picturesOf(left, key) + (right === null ? 0 : picturesOf(right, key));
    if (pictures > mostPictures) frequent.push(key);
  }
  return Uint32Array.from(frequent);
};

const rowsOf = ({ offsets }: SideKeys, key: number): number => at(offsets, key + 1) - at(offsets, key);

/** A picture counts once, however often it repeats a pattern. */
const picturesOf = ({ ordinals, offsets, rowOf }: SideKeys, key: number): number => {
  let count = 0;
  let last = -1;
  for (let place = at(offsets, key); place < at(offsets, key + 1); place += 1) {
    const ordinal = at(ordinals, at(rowOf, place));
    if (ordinal !== last) count += 1;
    last = ordinal;
  }
  return count;
};
