/** A part in base64, with its event around it, is below a message's limit of 1 MB, NATS' default. */
const PART_BYTES = 524_288;
const LENGTH_BYTES = 4;

/**
 * The evidence of a block's positions in one run of bytes: the length of each (4 bytes, little-endian; 0 = it has none), then the
 * evidence of each.
 */
export const joinEvidence = (evidence: readonly (Uint8Array | null)[]): Uint8Array => {
  const lengths = Buffer.alloc(evidence.length * LENGTH_BYTES);
  for (const [position, bytes] of evidence.entries())
    lengths.writeUInt32LE(bytes === null ? 0 : bytes.length, position * LENGTH_BYTES);
  return Buffer.concat([lengths, ...evidence.filter((bytes) => bytes !== null)]);
};

/** The inverse of {@link joinEvidence}: views of the bytes; null where they are not as many as their lengths say. */
export const splitEvidence = (joined: Uint8Array, positions: number): (Uint8Array | null)[] | null => {
  const bytes = Buffer.from(joined.buffer, joined.byteOffset, joined.byteLength);
  let from = positions * LENGTH_BYTES;
  if (from > bytes.length) return null;
  const evidence: (Uint8Array | null)[] = [];
  for (let position = 0; position < positions; position += 1) {
    const length = bytes.readUInt32LE(position * LENGTH_BYTES);
    if (from + length > bytes.length) return null;
    evidence.push(length === 0 ? null : new Uint8Array(bytes.buffer, bytes.byteOffset + from, length));
    from += length;
  }
  return from === bytes.length ? evidence : null;
};

/** Joined evidence in parts that each fit a message. */
export const evidenceParts = (joined: Uint8Array): Uint8Array[] =>
  Array.from({ length: Math.ceil(joined.length / PART_BYTES) }, (_, part) =>
    joined.subarray(part * PART_BYTES, (part + 1) * PART_BYTES),
  );
