/**
 * The published hash format, 256 bits, described step by step in docs/hash-format.md. Any change to the
 * steps of hash-image.ts or to the signature is a new version, because old and new hashes cannot be compared: catalogs
 * of another format are then hashed again in mode full.
 */
export const HASH_FORMAT = "blockhash16/3";
export const HASH_BITS = 256;
