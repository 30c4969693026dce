import { createHash } from "node:crypto";
import type { ExifFacts } from "../evidence/exif-facts.ts";

type CaptureFacts = Pick<ExifFacts, "uniqueId" | "camera" | "cameraSerial" | "taken">;

/** A fraction of a second that is not zero. */
const HAS_FRACTION = /\.\d*[1-9]/;

/**
 * What identifies the capture that a picture was made from: its unique id, and the camera's serial number with the time to a fraction of a second (CIPA DC-008). A fraction of
 * zeros is none: cameras without a finer clock write it. A key is the first 64 bits of a digest, so that the owner's serial number is in none.
 */
export const captureKeys = ({ uniqueId, camera, cameraSerial, taken }: CaptureFacts): bigint[] => {
  const keys: bigint[] = [];
  // Some programs write an id of zeros.
  if (uniqueId !== null && /[^0\s]/.test(uniqueId)) keys.push(keyOf(["unique id", uniqueId]));
  if (cameraSerial !== null && taken !== null && HAS_FRACTION.test(taken))
    keys.push(keyOf(["moment", camera ?? "", cameraSerial.reveal(), taken]));
  return keys;
};

const keyOf = (parts: readonly string[]): bigint =>
  createHash("sha256").update(JSON.stringify(parts)).digest().readBigUInt64BE(0);

/** A key of more pictures identifies no capture: some programs give all that they write one id. */
const MOST_PICTURES = 64;

/**
 * The pairs of pictures with a common key, ascending.
 * @param keys of each picture, by ascending ordinal: of the whole catalog, since a key is dropped by how many pictures have it
 */
export const capturePairs = (
  keys: Iterable<{ readonly ordinal: number; readonly keys: readonly bigint[] }>,
): [number, number][] => {
  const pictures = new Map<bigint, number[]>();
  for (const { ordinal, keys: own } of keys)
    for (const key of own) {
      const known = pictures.get(key);
      if (known === undefined) pictures.set(key, [ordinal]);
      else known.push(ordinal);
    }
  const pairs = new Map<string, [number, number]>();
  for (const ordinals of pictures.values())
    if (ordinals.length <= MOST_PICTURES)
      for (const [index, a] of ordinals.entries())
        for (const b of ordinals.slice(index + 1)) if (a !== b) pairs.set(`${a} ${b}`, [a, b]);
  return [...pairs.values()].sort(([a, b], [c, d]) => a - c || b - d);
};
