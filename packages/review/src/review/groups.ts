import type { Group, NewDecision } from "@lookalike/client";
import { computed, signal } from "@preact/signals";
import { api, request, thumbnailUrl } from "../api.ts";
import { openCatalogId, openId, openStatistics, refreshStatistics } from "../libraries/library-store.ts";
import { countOf, type Filter, filter, queryOf } from "./filter.ts";

const FIRST_PAGE = 100;
const PAGE = 500;
/** Groups whose pictures are fetched before they are shown. */
const FETCHED_AHEAD = 2;
const PICTURES_AHEAD = 4;

/** The groups that are loaded so far, in the filter's order. */
export const groups = signal<readonly Group[]>([]);
/** True until the first page is there. */
export const isLoading = signal(false);
/** The index of the group that is shown. */
export const position = signal(0);
export const current = computed<Group | null>(() => groups.value[position.value] ?? null);
/** Ordinals of the current group that the owner keeps, before it is decided. */
export const keep = signal<ReadonlySet<number>>(new Set());
/** Decisions since the page was opened, newest last: undo takes them back. */
export const decided = signal<readonly { readonly decision: string; readonly group: number }[]>([]);
export const busy = signal(false);

/** The job whose groups these are. */
let openJobId: string | null = null;
/** Query of the next page; null = all groups are loaded. */
let next: { readonly cursor?: string } | null = null;
let loading: Promise<void> | null = null;
/** Increases with each reload: a page that was requested before it is not shown. */
let reloads = 0;

export const closeGroups = (): void => {
  openJobId = null;
  next = null;
  reloads += 1;
  groups.value = [];
  decided.value = [];
  position.value = 0;
};

/** Rows of the whole list: those that are loaded, or more where the counts say so. */
export const totalRows = computed<number>(() => {
  const loaded = groups.value.length;
  const counted = openStatistics.value === null ? null : countOf(openStatistics.value, filter.value);
  return counted === null ? loaded : Math.max(loaded, counted);
});

/** Shows the groups of a job; those of the same job stay as they are. */
export const openGroups = async (job: string | null): Promise<void> => {
  if (job === openJobId) return;
  openJobId = job;
  await reloadGroups();
};

/** Shows other groups of the same job. */
export const changeFilter = async (change: Partial<Filter>): Promise<void> => {
  filter.value = { ...filter.value, ...change };
  await reloadGroups();
};

/** Loads the groups again from the first page. */
export const reloadGroups = async (): Promise<void> => {
  reloads += 1;
  next = {};
  loading = null;
  groups.value = [];
  isLoading.value = openJobId !== null;
  await loadGroups(FIRST_PAGE);
  isLoading.value = false;
  show(0);
};

/** Loads pages until `count` groups are there, or all. */
export const loadGroups = async (count: number): Promise<void> => {
  const begun = reloads;
  while (groups.value.length < count && next !== null && openJobId !== null && reloads === begun) {
    loading ??= loadPage(openJobId).finally(() => {
      if (reloads === begun) loading = null;
    });
    await loading;
  }
};

const loadPage = async (job: string): Promise<void> => {
  const begun = reloads;
  const limit = groups.value.length === 0 ? FIRST_PAGE : PAGE;
  const query = { ...queryOf(filter.value), limit, ...next };
  const page = await request(api.GET("/v1/jobs/{job}/groups", { params: { path: { job }, query } }));
  if (reloads !== begun) return;
  next = page === undefined || page.next === null ? null : { cursor: page.next };
  if (page !== undefined) groups.value = [...groups.value, ...page.items];
};

/** Shows a group with its suggested keeper chosen, and fetches the pictures of the next ones. */
export const show = (at: number): void => {
  if (at < 0 || (at >= groups.value.length && at > 0)) return;
  position.value = at;
  const group = groups.value[at];
  if (group === undefined) return;
  keep.value = new Set(group.decision?.keep ?? [group.keeper]);
  void loadGroups(at + FIRST_PAGE);
  if (openId.value === null) return;
  for (const ahead of groups.value.slice(at + 1, at + 1 + FETCHED_AHEAD))
    for (const { ordinal } of ahead.members.slice(0, PICTURES_AHEAD))
      new Image().src = thumbnailUrl(openId.value, ordinal, "large");
};

export const toggleKeep = (ordinal: number): void => {
  if (current.value === null || current.value.decision !== null) return;
  const chosen = new Set(keep.value);
  if (!chosen.delete(ordinal)) chosen.add(ordinal);
  keep.value = chosen;
};

/** Changes what is shown of groups, by their numbers. */
export const changeGroups = (numbers: ReadonlySet<number>, change: Partial<Group>): void => {
  groups.value = groups.value.map((group) => (numbers.has(group.number) ? { ...group, ...change } : group));
};

/** Decides on the current group and goes on to the next undecided one. */
export const decide = async (verdict: NewDecision): Promise<void> => {
  const group = current.value;
  if (group === null || group.decision !== null || busy.value) return;
  if (verdict.verdict === "keep" && verdict.keep.length === 0) return;
  busy.value = true;
  const decision = await request(
    api.POST("/v1/jobs/{job}/groups/{number}/decisions", {
      params: { path: { job: group.job, number: group.number } },
      body: verdict,
    }),
  );
  busy.value = false;
  if (decision === undefined) return;
  changeGroups(new Set([group.number]), { decision, reopened: null });
  decided.value = [...decided.value, { decision: decision.id, group: group.number }];
  void refreshStatistics(openCatalogId());
  const ahead = groups.value.findIndex((other, at) => at > position.value && other.decision === null);
  if (ahead >= 0) show(ahead);
};

export const decideKeep = (): Promise<void> => decide({ verdict: "keep", keep: [...keep.value] });
export const decideKeepAll = async (): Promise<void> => {
  if (current.value === null) return;
  await decide({ verdict: "keep", keep: current.value.members.map(({ ordinal }) => ordinal) });
};

/** What undo would take back: the decision of the group that is shown, or else the last one. */
export const undoable = computed(() => {
  const group = current.value;
  return group === null || group.decision === null
    ? decided.value.at(-1)
    : { decision: group.decision.id, group: group.number };
});

/** Takes a decision back, and shows its group. */
export const undo = async (): Promise<void> => {
  const last = undoable.value;
  if (last === undefined || busy.value) return;
  busy.value = true;
  const undone = await request(
    api.POST("/v1/catalogs/{catalog}/decisions/{decision}/undo", {
      params: { path: { catalog: openCatalogId(), decision: last.decision } },
    }),
  );
  busy.value = false;
  if (undone === undefined) return;
  decided.value = decided.value.filter(({ decision }) => decision !== last.decision);
  changeGroups(new Set([last.group]), { decision: null });
  void refreshStatistics(openCatalogId());
  const at = groups.value.findIndex(({ number }) => number === last.group);
  show(Math.max(0, at));
};
