import type { Group, NewDecision } from "@lookalike/client";
import { computed, signal } from "@preact/signals";
import { api, request, thumbnailUrl } from "./api.ts";
import { openCatalogId, refreshStatistics } from "./open-catalog.ts";

const FIRST_PAGE = 100;
const PAGE = 500;

/** The groups that are loaded so far, most reclaimable first. */
export const groups = signal<readonly Group[]>([]);
export const onlyUndecided = signal(true);
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

export const closeGroups = (): void => {
  openJobId = null;
  next = null;
  groups.value = [];
  decided.value = [];
  position.value = 0;
};

/** Reads the statistics again, and the groups when a newer job has made others. */
export const refreshGroups = async (): Promise<void> => {
  const job = (await refreshStatistics())?.job ?? null;
  if (job === null || job === openJobId) return;
  openJobId = job;
  await reloadGroups();
};

/** Loads the groups again from the first page, by the current filter. */
export const reloadGroups = async (): Promise<void> => {
  next = {};
  groups.value = [];
  await loadGroups(FIRST_PAGE);
  show(0);
};

/** Loads pages until `count` groups are there, or all. */
export const loadGroups = async (count: number): Promise<void> => {
  while (groups.value.length < count && next !== null && openJobId !== null) {
    loading ??= loadPage(openJobId).finally(() => {
      loading = null;
    });
    await loading;
  }
};

const loadPage = async (job: string): Promise<void> => {
  const query = {
    order: "reclaimable" as const,
    limit: groups.value.length === 0 ? FIRST_PAGE : PAGE,
    ...(onlyUndecided.value ? { decided: "false" as const } : {}),
    ...next,
  };
  const page = await request(api.GET("/v1/jobs/{job}/groups", { params: { path: { job }, query } }));
  if (openJobId !== job) return;
  next = page === undefined || page.next === null ? null : { cursor: page.next };
  if (page !== undefined) groups.value = [...groups.value, ...page.items];
};

/** Shows a group with its suggested keeper chosen, and fetches the pictures of the next one. */
export const show = (at: number): void => {
  if (at < 0 || (at >= groups.value.length && at > 0)) return;
  position.value = at;
  const group = groups.value[at];
  if (group === undefined) return;
  keep.value = new Set(group.decision?.keep ?? [group.keeper]);
  void loadGroups(at + FIRST_PAGE);
  for (const { ordinal } of groups.value[at + 1]?.members.slice(0, 4) ?? [])
    new Image().src = thumbnailUrl(openCatalogId(), ordinal, "large");
};

export const toggleKeep = (ordinal: number): void => {
  const chosen = new Set(keep.value);
  if (!chosen.delete(ordinal)) chosen.add(ordinal);
  keep.value = chosen;
};

const replace = (number: number, change: Partial<Group>): void => {
  groups.value = groups.value.map((group) => (group.number === number ? { ...group, ...change } : group));
};

/** Decides on the current group and goes on to the next undecided one. */
export const decide = async (verdict: NewDecision): Promise<void> => {
  const group = current.value;
  if (group === null || group.decision !== null || busy.value) return;
  busy.value = true;
  const decision = await request(
    api.POST("/v1/jobs/{job}/groups/{number}/decisions", {
      params: { path: { job: group.job, number: group.number } },
      body: verdict,
    }),
  );
  busy.value = false;
  if (decision === undefined) return;
  replace(group.number, { decision, reopened: null });
  decided.value = [...decided.value, { decision: decision.id, group: group.number }];
  void refreshStatistics();
  const ahead = groups.value.findIndex((other, at) => at > position.value && other.decision === null);
  if (ahead >= 0) show(ahead);
};

export const decideKeep = (): Promise<void> => decide({ verdict: "keep", keep: [...keep.value] });
export const decideKeepAll = async (): Promise<void> => {
  if (current.value === null) return;
  await decide({ verdict: "keep", keep: current.value.members.map(({ ordinal }) => ordinal) });
};

/** Takes a decision back, and shows its group. */
export const undo = async (last: { decision: string; group: number } | undefined): Promise<void> => {
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
  replace(last.group, { decision: null });
  void refreshStatistics();
  const at = groups.value.findIndex(({ number }) => number === last.group);
  show(Math.max(0, at));
};
