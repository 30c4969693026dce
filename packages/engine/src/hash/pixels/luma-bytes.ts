import { WORKING_SIDE } from "../picture-pixels.ts";

/** Luma of the largest working picture. */
const MOST_BYTES = WORKING_SIDE * WORKING_SIDE;
const MOST_IDLE = 4;

const idle: ArrayBufferLike[] = [];

/**
 * Bytes for the luma of a working picture, with any content: they are used again after {@link giveBackLuma}. A new array for each picture would
 * have the garbage collector run so often that it takes as long as a fifth of a small picture's hash.
 * @param length at most MOST_BYTES
 */
export const takeLuma = (length: number): Uint8Array =>
  new Uint8Array(idle.pop() ?? Buffer.allocUnsafeSlow(MOST_BYTES).buffer, 0, length);

/** Says that nobody reads these pixels any more; of any other array than one of {@link takeLuma}, nothing happens. */
export const giveBackLuma = ({ buffer }: Uint8Array): void => {
  if (buffer.byteLength === MOST_BYTES && idle.length < MOST_IDLE && !idle.includes(buffer)) idle.push(buffer);
};
