/** How a TIFF file, or a block in its format, writes numbers: its first two bytes say in which order (TIFF 6.0, section 2). */
export const tiffNumbers = (tiff: Buffer) => {
  const isLittle = tiff[0] === 0x49;
  return {
    /** The number of two bytes at an offset. */
    short: (at: number): number => (isLittle ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at)),
    /** The number of four bytes at an offset. */
    long: (at: number): number => (isLittle ? tiff.readUInt32LE(at) : tiff.readUInt32BE(at)),
  };
};

/** Bytes of an entry of a directory: tag, type, count, and a value or its offset. */
export const ENTRY_BYTES = 12;
