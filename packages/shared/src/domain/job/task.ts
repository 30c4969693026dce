import { z } from "zod";
import { Plan } from "./plan.ts";

/** The fields that every message about a job carries. */
export const Envelope = z.object({
  v: z.literal(1),
  eventId: z.string(),
  tenant: z.string().regex(/^[a-z0-9-]{1,32}$/),
  job: z.string().regex(/^[A-Za-z0-9-]{1,64}$/),
  run: z.int().min(1),
  attempt: z.int().min(0),
  at: z.iso.datetime(),
  /** The order of the events that the outbox published, which may arrive in another; left out by workers. */
  number: z.int().min(1).optional(),
  /** W3C Trace Context: the span that caused the message. */
  traceparent: z.string().optional(),
});

/** The kinds of unit of work; each has its own task subject and consumers. */
export const TaskKind = z.enum(["scan", "hash", "compare", "verify"]);
export type TaskKind = z.infer<typeof TaskKind>;

/** The kinds that a job has many tasks of, with a cursor, a done set and a window each. */
export const WorkKind = TaskKind.exclude(["scan"]);
export type WorkKind = z.infer<typeof WorkKind>;

/** A value for each kind of which a job has many tasks. */
export const perKind = <Value>(ofKind: (kind: WorkKind) => Value): Record<WorkKind, Value> => ({
  hash: ofKind("hash"),
  compare: ofKind("compare"),
  verify: ofKind("verify"),
});

/** interactive: small jobs, with consumers of their own so that bulk work cannot starve them. */
export const TaskClass = z.enum(["interactive", "bulk"]);
export type TaskClass = z.infer<typeof TaskClass>;

const TaskFields = {
  ...Envelope.omit({ eventId: true, at: true, number: true }).shape,
  catalog: z.string(),
  task: z.int().min(0),
};

/** What every version's tasks have in common. */
export const TaskOfAnyVersion = z.looseObject({ ...TaskFields, kind: TaskKind });

/** A field that this kind does not use: published as null, because workers of the last version require the key. */
const Unused = z.null().optional();

/** What a task needs that is numbered by the plan. */
const PlannedFields = { blockSize: z.int().min(1), hashBits: z.int(), radiusBits: z.int(), plan: Plan };

/**
 * One unit of work: which plan, which number. Strict, because a worker that ignored a field of a
 * newer coordinator would do another task under this number.
 */
export const Task = z.discriminatedUnion("kind", [
  z.strictObject({
    ...TaskFields,
    kind: z.literal("scan"),
    blockSize: Unused,
    hashBits: Unused,
    radiusBits: Unused,
    plan: Unused,
  }),
  z.strictObject({
    ...TaskFields,
    kind: z.literal("hash"),
    blockSize: z.int().min(1),
    hashBits: z.int(),
    /** Not used for hashing; required by workers of the last version. */
    radiusBits: z.int().optional(),
    plan: Unused,
  }),
  z.strictObject({ ...TaskFields, ...PlannedFields, kind: z.literal("compare") }),
  /** Verifies the pairs that the comparison task of this number found. */
  z.strictObject({ ...TaskFields, ...PlannedFields, kind: z.literal("verify") }),
]);
export type Task = z.infer<typeof Task>;
export type TaskOf<Kind extends TaskKind> = Extract<Task, { kind: Kind }>;

/** A task that its worker gave up, with the error. */
export const DeadLetter = z.object({ v: z.literal(1), task: Task, error: z.string(), at: z.iso.datetime() });
export type DeadLetter = z.infer<typeof DeadLetter>;

/** The order to group, written once per (job, run). */
export const Finalize = Envelope.omit({ number: true })
  .extend({ type: z.literal("finalize"), catalog: z.string() })
  .strict();
export type Finalize = z.infer<typeof Finalize>;
