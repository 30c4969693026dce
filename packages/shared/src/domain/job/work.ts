import { type DoneSet, emptySet, has, union } from "../primitives/bit-set.ts";

/** Blocks to hash, or tasks to compare or to verify: which are dispatched, which are finished. */
export interface Work {
  readonly count: number;
  /** Units below this one have been dispatched. */
  readonly cursor: number;
  readonly done: DoneSet;
  readonly quarantined: DoneSet;
}

/** Work of which nothing is dispatched yet. */
export const plannedWork = (count: number): Work => ({
  count,
  cursor: 0,
  done: emptySet(count),
  quarantined: emptySet(count),
});

/** Units that need no more work: done or quarantined. */
export const settled = (work: Work): DoneSet => union(work.done, work.quarantined);

/** Dispatched units that are neither done nor quarantined. */
export const outstanding = (work: Work): number => {
  let count = 0;
  const finishedUnits = settled(work);
  for (let unit = 0; unit < work.cursor; unit += 1) if (!has(finishedUnits, unit)) count += 1;
  return count;
};

/** How many more units a window of `size` outstanding ones admits; negative when more are outstanding. */
export const windowCredit = (work: Work, size: number): number => size - outstanding(work);
