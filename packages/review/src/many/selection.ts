import type { Group } from "@lookalike/client";
import { computed, signal } from "@preact/signals";
import { api, request } from "../api.ts";
import { openCatalogId, refreshStatistics } from "../libraries/library-store.ts";
import { goingOf } from "../review/facts.ts";
import { busy, groups, reloadGroups } from "../review/groups.ts";

/** Whether Review shows many groups at once. */
export const isMany = signal(false);

/** Numbers of the groups that are selected. */
export const selected = signal<ReadonlySet<number>>(new Set());

/** Groups that were decided last by {@link acceptSelected}; null: none so far. */
export const accepted = signal<number | null>(null);

export const toggleMany = (): void => {
  isMany.value = !isMany.value;
  // What was decided meanwhile is not selected from.
  void reloadGroups();
  selected.value = new Set();
  accepted.value = null;
};

/** A kind of groups that a suggestion may decide without a look at each. */
const DECIDED_BY_RULE = [
  ...(["exact", "damaged", "variant", "derivative", "burst", "near-duplicate"] as const),
  ...(["identical", "same-pixels", "re-encoded", "resized"] as const),
] satisfies Group["kind"][];
export type DecidedByRule = (typeof DECIDED_BY_RULE)[number];
export const isByRule = (kind: Group["kind"]): kind is DecidedByRule => DECIDED_BY_RULE.some((one) => one === kind);

/** What a rule decides where nobody chose kinds: copies of the whole picture. */
export const ACCEPTED_KINDS: readonly DecidedByRule[] = ["exact", "identical", "same-pixels", "re-encoded", "resized"];

/** Whether a rule may remove a member: not an edited picture, and not one that was compared with a copy of the suggested one only. */
export const mayGo = ({ kind, via }: Pick<Group["members"][number], "kind" | "via">): boolean =>
  kind === null || (via === null && ACCEPTED_KINDS.some((one) => one === kind));

export const isSelectable = ({ decision, kind, members }: Group): boolean =>
  decision === null && isByRule(kind) && members.every(mayGo);

export const toggleSelected = (number: number): void => {
  const numbers = new Set(selected.value);
  if (!numbers.delete(number)) numbers.add(number);
  selected.value = numbers;
};

export const selectAll = (shown: readonly Group[]): void => {
  selected.value = new Set(shown.filter(isSelectable).map(({ number }) => number));
};

export const selectNone = (): void => {
  selected.value = new Set();
};

/** The groups that are selected, and the bytes that their suggestions free. */
export const selection = computed(() => {
  const chosen = groups.value.filter(({ number }) => selected.value.has(number));
  const bytes = chosen.reduce((sum, { members, keeper }) => sum + goingOf(members, new Set([keeper])).bytes, 0);
  return { chosen, bytes };
});

/** Groups that one request decides. */
const GROUPS_PER_REQUEST = 1_000;

/** Keeps the suggested picture of each selected group, and lets the others go. */
export const acceptSelected = async (): Promise<void> => {
  const { chosen } = selection.value;
  const [first] = chosen;
  if (first === undefined || busy.value) return;
  busy.value = true;
  const kinds = [...new Set(chosen.map(({ kind }) => kind).filter(isByRule))];
  let count = 0;
  for (let from = 0; from < chosen.length; from += GROUPS_PER_REQUEST) {
    const numbers = chosen.slice(from, from + GROUPS_PER_REQUEST).map(({ number }) => number);
    const body = { kinds, groups: numbers, preview: false, keepUnder: null, minReclaimableBytes: 0 };
    const params = { path: { job: first.job } };
    const result = await request(api.POST("/v1/jobs/{job}/decisions", { params, body }));
    if (result === undefined) break;
    count += result.groups;
  }
  busy.value = false;
  selected.value = new Set();
  accepted.value = count;
  await Promise.all([refreshStatistics(openCatalogId()), reloadGroups()]);
};
