/**
 * The published format of all that is computed of a picture, described step by step in docs/hash-format.md: hash, signature and evidence.
 * Any change to the steps of hash-image.ts or to one of these is a new version, because old and new ones cannot be compared: catalogs
 * of another format are then hashed again in mode full.
 */
export const HASH_FORMAT = "lookalike/3";
export const HASH_BITS = 256;
