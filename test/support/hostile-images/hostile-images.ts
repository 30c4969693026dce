import { bombs } from "./bombs.ts";
import { type HostileImage, mutate } from "./mutations.ts";
import { polyglots } from "./polyglots.ts";
import { seedPictures } from "./seeds.ts";

/** Changed copies of each sound file, so that there are more than 4,000 files together. */
const MUTANTS = 120;
/** From so many files on, those that take seconds are among them. */
const LONG_FORM = 4_000;

/**
 * Files of every format that is read, which were cut, changed at random by a seed, or made to do harm.
 * @param images so many at least; fewer than 4,000 are a selection of all kinds, without what takes long
 */
export const hostileImages = async (images: number, seed: number): Promise<HostileImage[]> => {
  const seeds = await seedPictures();
  const mutants = [...mutate(seeds, MUTANTS, seed), ...polyglots(seeds)];
  if (images >= LONG_FORM) return [...mutants, ...bombs()];
  const quick = bombs().filter(({ isLong }) => !isLong);
  const step = Math.max(1, Math.floor(mutants.length / Math.max(1, images - quick.length)));
  return [...mutants.filter((_, index) => index % step === 0), ...quick];
};
