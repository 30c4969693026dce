import { type HashRows, rowBytesOf } from "@lookalike/engine/compare/kernel";
import { fastestKernels } from "@lookalike/engine/compare/kernels";
import type { StoredHashes } from "@lookalike/shared/domain/grouping/image-classes";
import { contentDigestAt, hashAt, STATE, signatureAt } from "@lookalike/shared/domain/image/hash-block";
import { corroborates, SIGNATURE_BYTES } from "@lookalike/shared/domain/image/signature";
import { toHex } from "@lookalike/shared/domain/primitives/encoding";
import type { ReferenceMatch } from "@lookalike/shared/store/results/reference-matches";

/** Rows of the reference are numbered from here, so that an edge says which end is whose. */
const REFERENCE = 0x8000_0000;

interface Catalog {
  readonly blockSize: number;
  readonly hashBits: number;
  readonly blocks: AsyncIterable<StoredHashes>;
  readonly isLive: (ordinal: number) => boolean;
}

/** What is held of the images that are asked about: all of a card, while the library streams by. */
interface Asked {
  readonly ordinals: number[];
  readonly hashes: Uint8Array[];
  readonly signatures: (Uint8Array | null)[];
  readonly digests: (string | null)[];
}

/**
 * For each image of one catalog the nearest one of another: equal bytes first, then the least
 * distance within `thresholdBits` that the signatures agree with. Flat images match by bytes alone.
 * Memory is the asked catalog's hashes, and one block of the reference.
 */
export const matchReference = async (
  asked: Catalog,
  reference: Catalog,
  thresholdBits: number,
): Promise<ReferenceMatch[]> => {
  const images = await readQueryImages(asked);
  const byDigest = new Map<string, number[]>();
  images.digests.forEach((digest, at) => {
    if (digest !== null) byDigest.set(digest, [...(byDigest.get(digest) ?? []), at]);
  });
  const hashed = images.hashes.flatMap((hash, at) => (hash.length === 0 ? [] : [at]));
  const left = rowsOf(
    hashed.map((at) => images.hashes[at] as Uint8Array),
    hashed,
    asked.hashBits,
  );
  const best = new Map<number, ReferenceMatch>();
  const note = (at: number, referenceOrdinal: number, distance: number, equalBytes: boolean): void => {
    const known = best.get(at);
    const isBetter =
      known === undefined ||
      (equalBytes && !known.equalBytes) ||
      (equalBytes === known.equalBytes && distance < known.distance);
    if (isBetter) best.set(at, { ordinal: images.ordinals[at] ?? 0, referenceOrdinal, distance, equalBytes });
  };

  for await (const block of reference.blocks) {
    const first = block.block * reference.blockSize;
    const hashBytes = reference.hashBits / 8;
    const live: number[] = [];
    block.states.forEach((state, position) => {
      if ((state !== STATE.hashed && state !== STATE.flat) || !reference.isLive(first + position)) return;
      if (state === STATE.hashed) live.push(position);
      const digest = contentDigestAt(block, position);
      for (const at of digest === null ? [] : (byDigest.get(toHex(digest)) ?? [])) note(at, first + position, 0, true);
    });
    const right = rowsOf(
      live.map((position) => block.hashes.subarray(position * hashBytes, (position + 1) * hashBytes)),
      live.map((position) => REFERENCE + first + position),
      reference.hashBits,
    );
    if (left.ordinals.length === 0 || right.ordinals.length === 0) continue;
    fastestKernels.exhaustive.join([{ left, right, same: false }], thresholdBits, ({ a, b, distance }) => {
      a.forEach((at, edge) => {
        const ordinal = (b[edge] ?? 0) - REFERENCE;
        const signature = images.signatures[at] ?? null;
        const agree =
          signature === null ||
          block.signatures.length === 0 ||
          corroborates(signature, 0, block.signatures, (ordinal - first) * SIGNATURE_BYTES);
        if (agree) note(at, ordinal, distance[edge] ?? 0, false);
      });
    });
  }
  return [...best.values()].sort((x, y) => x.ordinal - y.ordinal);
};

const readQueryImages = async ({ blockSize, blocks, isLive }: Catalog): Promise<Asked> => {
  const asked: Asked = { ordinals: [], hashes: [], signatures: [], digests: [] };
  for await (const block of blocks)
    block.states.forEach((state, position) => {
      const ordinal = block.block * blockSize + position;
      if ((state !== STATE.hashed && state !== STATE.flat) || !isLive(ordinal)) return;
      const digest = contentDigestAt(block, position);
      asked.ordinals.push(ordinal);
      // Copies: what is kept must not hold its block.
      asked.hashes.push(hashAt(block, position)?.slice() ?? new Uint8Array(0));
      asked.signatures.push(signatureAt(block, position)?.slice() ?? null);
      asked.digests.push(digest === null ? null : toHex(digest));
    });
  return asked;
};

/** Hashes as a kernel reads them, equal ones and all: each is somebody's answer. */
const rowsOf = (hashes: readonly Uint8Array[], numbers: readonly number[], hashBits: number): HashRows => {
  const rowBytes = rowBytesOf(hashBits);
  const words = new Int32Array((hashes.length * rowBytes) / 4);
  const bytes = new Uint8Array(words.buffer);
  hashes.forEach((hash, row) => {
    bytes.set(hash, row * rowBytes);
  });
  return { ordinals: Uint32Array.from(numbers), words };
};
