export const PARTITIONS = 16;

/** FNV-1a, 32 bit (draft-eastlake-fnv), over the UTF-8 bytes of `text`. */
export const fnv1a32 = (text: string): number => {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text, "utf8")) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
};

/** The partition token of a job, "00" to "15": one coordinator consumer reads each partition. */
export const partitionOf = (job: string): string => String(fnv1a32(job) % PARTITIONS).padStart(2, "0");
