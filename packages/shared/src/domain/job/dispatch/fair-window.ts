import type { WorkKind } from "../task.ts";

/** Tasks of a kind that all jobs of a class may have outstanding together. */
export type DispatchCredit = Readonly<Record<WorkKind, number>>;

/** Enough for a few workers; a job alone has its whole window. */
const LEAST_CREDIT = 100;
/** Outstanding tasks for each one that workers do at once, so that none of them waits for the next task. */
const TASKS_PER_SLOT = 8;

/** The credit of so many tasks that workers do at once, or could. */
export const creditOf = (slots: number): number => Math.max(LEAST_CREDIT, slots * TASKS_PER_SLOT);

/** Who shares the credit, the job itself included. */
export interface Sharers {
  /** Tenants with jobs of the class that have such tasks left. */
  readonly tenants: number;
  /** The windows of the tenant's jobs among them, together. */
  readonly tenantWindows: number;
}

/**
 * A job's window while others run. The credit is divided equally by tenant, and a tenant's part by the windows that its jobs
 * have: what each job has in the queue is what it gets of the workers, whenever it came. A job always has one task, so that
 * it goes on.
 * @param window outstanding tasks of a job that is alone
 */
export const fairWindow = (window: number, credit: number, { tenants, tenantWindows }: Sharers): number =>
  Math.max(1, Math.min(window, Math.floor((credit / tenants) * (window / tenantWindows))));
