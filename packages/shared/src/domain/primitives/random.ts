/**
 * A generator of pseudo-random integers, 0 <= n < 2^32: the seed alone decides the sequence (Tommy Ettinger's
 * mulberry32). Not for secrets.
 */
export const randomWords = (seed: number): (() => number) => {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
};
