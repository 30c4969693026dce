import { hashRows } from "@lookalike/engine/compare/block-hashes";
import { fastestKernels } from "@lookalike/engine/compare/kernels";
import type { StoredHashes } from "@lookalike/shared/domain/grouping/image-classes";
import { contentDigestAt, hashAt, STATE, signatureAt } from "@lookalike/shared/domain/image/hash-block";
import { corroborates, SIGNATURE_BYTES } from "@lookalike/shared/domain/image/signature";
import { at, byteAt } from "@lookalike/shared/domain/primitives/columns";
import { toHex } from "@lookalike/shared/domain/primitives/encoding";
import { groupBy } from "@lookalike/shared/domain/primitives/group-by";
import type { ReferenceMatch } from "@lookalike/shared/store/results/reference-matches";

/** Rows of the reference are numbered from here on, so that each end of an edge shows which catalog it is of. */
const FIRST_REFERENCE_ROW = 0x8000_0000;

export interface HashedCatalog {
  readonly blockSize: number;
  readonly blocks: AsyncIterable<StoredHashes>;
  readonly isLive: (ordinal: number) => boolean;
}

/**
 * For each image of one catalog the nearest image of another: equal bytes first, then the least distance within
 * `thresholdBits` where the signatures agree. Flat images match by their bytes alone. All images of the first catalog
 * are in memory, and one block of the reference.
 */
export const matchReference = async (
  query: HashedCatalog,
  reference: HashedCatalog,
  thresholdBits: number,
): Promise<ReferenceMatch[]> => {
  const images = await readImages(query);
  const byDigest = groupBy(images, ({ contentDigest }) => contentDigest);
  const hashed = images.flatMap(({ hash, ...image }) => (hash === null ? [] : [{ ...image, hash }]));
  // Equal hashes are not merged, since each is of another image.
  const states = new Uint8Array(hashed.length).fill(STATE.hashed);
  const left = hashRows({ states, hashes: Buffer.concat(hashed.map(({ hash }) => hash)) }, 0);
  const nearest = new Map<number, ReferenceMatch>();
  const add = (match: ReferenceMatch): void => {
    const known = nearest.get(match.ordinal);
    if (known === undefined || isNearer(match, known)) nearest.set(match.ordinal, match);
  };

  for await (const block of reference.blocks) {
    const first = block.block * reference.blockSize;
    for (const [position, state] of block.states.entries()) {
      const referenceOrdinal = first + position;
      if (!isDecoded(state) || !reference.isLive(referenceOrdinal)) continue;
      const digest = contentDigestAt(block, position);
      if (digest === null) continue;
      for (const { ordinal } of byDigest.get(toHex(digest)) ?? [])
        add({ ordinal, referenceOrdinal, distance: 0, equalBytes: true });
    }
    const right = hashRows(block, FIRST_REFERENCE_ROW + first);
    if (left.ordinals.length === 0 || right.ordinals.length === 0) continue;
    fastestKernels.exhaustive.join([{ left, right, same: false }], thresholdBits, (edges) => {
      edges.a.forEach((row, edge) => {
        const image = hashed[row];
        if (image === undefined) throw new RangeError(`the kernel returned row ${row} of ${hashed.length}`);
        const referenceOrdinal = at(edges.b, edge) - FIRST_REFERENCE_ROW;
        const distance = byteAt(edges.distance, edge);
        if (reference.isLive(referenceOrdinal) && agrees(image.signature, block, referenceOrdinal - first))
          add({ ordinal: image.ordinal, referenceOrdinal, distance, equalBytes: false });
      });
    });
  }
  return [...nearest.values()].sort((x, y) => x.ordinal - y.ordinal);
};

const isNearer = (match: ReferenceMatch, known: ReferenceMatch): boolean =>
  match.equalBytes === known.equalBytes ? match.distance < known.distance : match.equalBytes;

const isDecoded = (state: number): boolean => state === STATE.hashed || state === STATE.flat;

/** Whether an image's signature agrees with the one at `position`, or one of the two has none. */
const agrees = (signature: Uint8Array | null, { signatures }: StoredHashes, position: number): boolean =>
  signature === null || signatures.length === 0 || corroborates(signature, 0, signatures, position * SIGNATURE_BYTES);

/** The images that are looked for: the hash of a flat one is null. */
const readImages = async ({ blockSize, blocks, isLive }: HashedCatalog) => {
  const images = [];
  for await (const block of blocks) {
    for (const [position, state] of block.states.entries()) {
      const ordinal = block.block * blockSize + position;
      if (!isDecoded(state) || !isLive(ordinal)) continue;
      const digest = contentDigestAt(block, position);
      // Copies: parts of the block's columns would keep the whole block in memory.
      const hash = hashAt(block, position)?.slice() ?? null;
      const signature = signatureAt(block, position)?.slice() ?? null;
      images.push({ ordinal, hash, signature, contentDigest: digest === null ? null : toHex(digest) });
    }
  }
  return images;
};
