import type { Group, Statistics } from "@lookalike/client";
import { signal } from "@preact/signals";

const STATES = ["open", "reopened", "decided", "all"] as const;
export const ORDERS = ["reclaimable", "newest"] as const;
/** Least bytes that a group frees; 0 = any. */
export const LEAST_BYTES = [0, 1e6, 1e7, 1e8] as const;

/** Which groups are shown, and in which order. */
export interface Filter {
  readonly state: (typeof STATES)[number];
  /** null: of every kind. */
  readonly kind: Group["kind"] | null;
  readonly leastBytes: number;
  readonly order: (typeof ORDERS)[number];
}

export const FIRST_FILTER: Filter = { state: "open", kind: null, leastBytes: 0, order: "reclaimable" };

export const filter = signal<Filter>(FIRST_FILTER);

/** The query of the API that a filter is. */
export const queryOf = ({ state, kind, leastBytes, order }: Filter) => ({
  order,
  ...(state === "open" || state === "reopened" ? { decided: "false" as const } : {}),
  ...(state === "reopened" ? { reopened: "true" as const } : {}),
  ...(state === "decided" ? { decided: "true" as const } : {}),
  ...(kind === null ? {} : { kind }),
  ...(leastBytes === 0 ? {} : { minReclaimableBytes: leastBytes }),
});

type Counts = Pick<Statistics, "groups" | "undecided" | "reopened">;

const countIn = ({ groups, undecided, reopened }: Counts, state: Filter["state"]): number => {
  switch (state) {
    case "open":
      return undecided;
    case "reopened":
      return reopened;
    case "decided":
      return groups - undecided;
    case "all":
      return groups;
  }
};

/** How many groups each state has, of the filter's kind. */
export const countsByState = (statistics: Statistics, { kind }: Filter) => {
  const counts = kind === null ? statistics : statistics.byKind.find((row) => row.kind === kind);
  return STATES.map((state) => ({ state, count: counts === undefined ? 0 : countIn(counts, state) }));
};

/** How many groups each kind has in the filter's state; kinds without any are left out, but for the filter's own. */
export const countsByKind = ({ byKind }: Statistics, { state, kind }: Filter) =>
  byKind
    .map((row) => ({ kind: row.kind, count: countIn(row, state) }))
    .filter((row) => row.count > 0 || row.kind === kind);

/** How many groups a filter selects; null where the counts do not say, as of a size. */
export const countOf = (statistics: Statistics, selected: Filter): number | null =>
  selected.leastBytes > 0
    ? null
    : (countsByState(statistics, selected).find(({ state }) => state === selected.state)?.count ?? 0);
