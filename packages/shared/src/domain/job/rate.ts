/** A reading of how far a phase is, and the rate known then. */
export interface RateReading {
  readonly phase: string;
  /** Units done. */
  readonly done: number;
  /** ISO time; null when no rate has been read in this phase. */
  readonly at: string | null;
}

const HALF_LIFE_SECONDS = 10;
const SHORTEST_SECONDS = 0.2;

/**
 * Units a second, smoothed so that a burst of results does not make the ETA jump: the weight of an
 * old reading halves every ten seconds. A new phase starts afresh; 0 = not known yet.
 */
export const nextRate = (
  last: RateReading & { rate: number },
  now: RateReading & { at: string },
): { rate: number; at: string } => {
  if (last.at === null || last.phase !== now.phase) return { rate: 0, at: now.at };
  const seconds = (Date.parse(now.at) - Date.parse(last.at)) / 1000;
  // Too short to divide by; the reading stays where it is and the next one covers both.
  if (now.done === last.done || seconds < SHORTEST_SECONDS) return { rate: last.rate, at: last.at };
  const reading = (now.done - last.done) / seconds;
  const weight = last.rate === 0 ? 0 : 0.5 ** (seconds / HALF_LIFE_SECONDS);
  return { rate: last.rate * weight + reading * (1 - weight), at: now.at };
};

/** Seconds that a job's phase still needs, or null while no rate is known. */
export const remainingSeconds = (job: {
  readonly phase: string;
  readonly rate: number;
  readonly completedImages: number;
  readonly totalImages: number;
  readonly completedBlockPairs: number;
  readonly totalBlockPairs: number;
}): number | null =>
  job.phase === "hashing"
    ? etaSeconds(job.rate, job.completedImages, job.totalImages)
    : etaSeconds(job.rate, job.completedBlockPairs, job.totalBlockPairs);

/** Seconds until `total`, or null while no rate is known. */
export const etaSeconds = (rate: number, done: number, total: number): number | null =>
  rate > 0 ? Math.max(0, (total - done) / rate) : null;
