import { finalizeMessage, jobEvent, resultEvent, taskMessage } from "@lookalike/shared/bus/messages";
import { decodeEvent, type JobEvent, type Message } from "@lookalike/shared/domain/job/events";
import {
  acceptedJob,
  failedInGrouping,
  isOver,
  type Job,
  missingTasks,
  quarantinedTasks,
  type RedrivenTask,
  workOf,
} from "@lookalike/shared/domain/job/job";
import { hashDone, listingDone, pairBatchDone, verifyDone } from "@lookalike/shared/domain/job/job.fixtures";
import { refusalOf } from "@lookalike/shared/domain/job/operator-request";
import {
  type Evidence,
  type LostAttempt,
  type recoveryOf,
  retryOf,
  unfinishedTasks,
} from "@lookalike/shared/domain/job/recovery";
import { Finalize, perKind, type Task, WorkKind } from "@lookalike/shared/domain/job/task";
import { settled } from "@lookalike/shared/domain/job/work";
import { missing } from "@lookalike/shared/domain/primitives/bit-set";
import { folded } from "../../services/coordinator/src/apply-events.ts";
import { carriedOut } from "../../services/coordinator/src/enact-decisions.ts";
import { nextRunMessage } from "../../services/coordinator/src/reconcile.ts";
import { numbered } from "../../services/coordinator/src/relay.ts";
import { quarantineMessage } from "../../services/coordinator/src/retry.ts";
import type { Step } from "./explore.ts";
import { type Sizes, STREAM_NAMES, type StreamName, type World, withoutPast } from "./world.ts";

/** What keeps the protocol sound. A negative control breaks one. */
export interface Rules {
  readonly recover: typeof recoveryOf;
  /** A result is stored once for each (job, run). */
  readonly hasNaturalKeys: boolean;
  /** The relay publishes in the order of the outbox, and says an event's number in it. */
  readonly keepsOrder: boolean;
  /** What was lost with its stream is no failure of the work. */
  readonly lossIsNoFailure: boolean;
  /** An event of the outbox that was lost with its stream is published again. */
  readonly publishesEventsAgain: boolean;
  /** A replay is not applied where the log has lost what the tables were folded from. */
  readonly replayRefusesGaps: boolean;
}

const COMMANDS = ["job-paused", "job-resumed", "job-cancelled"] as const;
const isCommand = ({ body: { type } }: Message): boolean => COMMANDS.some((command) => command === type);

/** Messages and events by their ids: building them checks every field, and worlds share them. */
const built = new Map<string, Message>();
const once = (id: string, build: () => Message): Message => {
  const known = built.get(id);
  if (known !== undefined) return known;
  const message = build();
  built.set(id, message);
  return message;
};
const decoded = new WeakMap<Message, JobEvent>();
const eventOf = (message: Message): JobEvent => {
  const known = decoded.get(message);
  if (known !== undefined) return known;
  const event = decodeEvent(message.body);
  if (event === null) throw new Error(`${message.eventId} is no event`);
  decoded.set(message, event);
  return event;
};

const addToOutbox = (world: World, message: Message): World =>
  world.outbox.some((row) => row.message.eventId === message.eventId)
    ? world
    : { ...world, outbox: [...world.outbox, { message, isPublished: false, isApplied: false }] };

/** Stores a message in a stream; nothing where the server knows its id. */
const store = (world: World, name: StreamName, message: Message): World => {
  const stream = world.streams[name];
  if (world.deduplicates && stream.some((stored) => stored.message.eventId === message.eventId)) return world;
  // The subject is write-once, whatever the id: its relay leaves another message there.
  if (name === "finalize" && stream.some((stored) => stored.message.subject === message.subject)) return world;
  return withStream(world, name, [...stream, { message, isHandled: false }]);
};

const withStream = (world: World, name: StreamName, stream: World["streams"][StreamName]): World => ({
  ...world,
  streams: { ...world.streams, [name]: stream },
});

const acknowledge = (world: World, name: StreamName, message: Message): World =>
  withStream(
    world,
    name,
    world.streams[name].map((stored) => (stored.message === message ? { ...stored, isHandled: true } : stored)),
  );

const hasUnhandled = (world: World, name: StreamName, subject?: string): boolean =>
  world.streams[name].some(
    ({ message, isHandled }) => !isHandled && (subject === undefined || message.subject === subject),
  );

const streamOf = ({ stream }: Message): StreamName =>
  stream === "LOOKALIKE_TASKS"
    ? "tasks"
    : stream === "LOOKALIKE_EVENTS"
      ? "events"
      : stream === "LOOKALIKE_FINALIZE"
        ? "finalize"
        : "deadLetters";

/** The protocol's steps at these sizes. */
export const protocol = (sizes: Sizes, rules: Rules) => {
  const attemptsAt = (world: World, { kind, task }: Pick<LostAttempt, "kind" | "task">) =>
    world.attempts.filter((attempt) => attempt.kind === kind && attempt.task === task);

  const lastAttempt = (world: Pick<World, "attempts">, { kind, task }: Pick<LostAttempt, "kind" | "task">): number =>
    Math.max(0, ...world.attempts.flatMap((row) => (row.kind === kind && row.task === task ? row.attempt : [])));

  /** As `retryTask`, in one transaction. */
  const retryTask = (world: World, lost: LostAttempt): World => {
    const last = lastAttempt(world, lost);
    const failures = attemptsAt(world, lost).filter(({ failed }) => failed).length;
    const retry = retryOf(world.job, lost, { last, failures }, sizes.maxAttempts);
    if (retry === "stale") return world;
    const { kind, task, failed } = lost;
    const next = { ...world, attempts: [...world.attempts, { kind, task, attempt: last + 1, failed }] };
    return addToOutbox(
      next,
      retry === "redispatched"
        ? taskMessage(world.job, kind, task, last + 1)
        : quarantineMessage(world.job, lost, "it failed", 0),
    );
  };

  /** As `applyEvents` for a batch of one. */
  const applyEvent = (world: World, message: Message): World => {
    const event = eventOf(message);
    const outbox = world.outbox.map((row) =>
      row.message.eventId === message.eventId ? { ...row, isApplied: true } : row,
    );
    const { job, released } = folded(world.job, event);
    let next: World = { ...world, outbox };
    for (const { kind, task, attempt } of released) {
      next = { ...next, attempts: [...next.attempts, { kind, task, attempt, failed: false }] };
      next = addToOutbox(next, taskMessage(job, kind, task, attempt));
    }
    const carried = carriedOut(job);
    for (const more of carried.messages) next = addToOutbox(next, more);
    return { ...next, job: carried.job };
  };

  /** A worker's result of a task, as an event; null where it has none, since its job needs none. */
  const resultOf = (job: Job, task: Task): Message | null => {
    const id = `${task.kind}:${task.task}:a${task.attempt}:r${task.run}`;
    switch (task.kind) {
      case "scan":
        return job.state === "listing"
          ? once(`${id}:${sizes.blocks}:${sizes.verifies}`, () =>
              resultEvent(task, "listing-done", listingDone(sizes.blocks, { verification: sizes.verifies }).body, ""),
            )
          : null;
      case "hash":
        return once(id, () => resultEvent(task, "hash-done", hashDone(task.task).body));
      case "compare":
        return job.state === "running"
          ? once(id, () => resultEvent(task, "pair-batch-done", pairBatchDone(task.task, { edgeCount: 1 }).body))
          : null;
      case "verify":
        return job.state === "running"
          ? once(id, () => resultEvent(task, "verify-done", verifyDone(task.task).body))
          : null;
    }
  };

  const handleTask = (world: World, message: Message): World => {
    const result = resultOf(world.job, message.body as unknown as Task);
    return result === null ? world : store(world, "events", result);
  };

  /** As `finalizeJob`, in one transaction; an order that nobody can read is parked. */
  const handleOrder = (world: World, message: Message): World => {
    const order = Finalize.safeParse(message.body).data;
    if (order === undefined || world.job.state === "cancelled" || world.job.listing === null) return world;
    if (rules.hasNaturalKeys && world.results.includes(order.run)) return world;
    const event = once(`finalized:${order.run}`, () =>
      jobEvent({ ...order, id: order.job }, "job-finalized", order.run, { groups: 0, groupedImages: 0 }),
    );
    return addToOutbox({ ...world, results: [...world.results, order.run].sort() }, event);
  };

  const handleDeadLetter = (world: World, { body }: Message): World => {
    const { kind, task, attempt } = body as unknown as Task;
    return retryTask(world, { kind, task, attempt, failed: true });
  };

  const handle: Readonly<Record<StreamName, (world: World, message: Message) => World>> = {
    tasks: handleTask,
    events: applyEvent,
    finalize: handleOrder,
    deadLetters: handleDeadLetter,
  };

  const publishRow = (world: World, index: number): World => {
    const row = world.outbox[index];
    if (row === undefined) throw new Error(`no row ${index}`);
    const { message } = row;
    const name = streamOf(message);
    const sent =
      name === "events" && rules.keepsOrder
        ? once(`${message.eventId}#${index + 1}`, () => numbered({ ...message, number: index + 1 }))
        : message;
    return store(world, name, sent);
  };

  const markRow = (world: World, index: number): World => ({
    ...world,
    outbox: world.outbox.map((row, at) => (at === index ? { ...row, isPublished: true } : row)),
  });

  const publishDispatched = (world: World, kind: WorkKind): World => {
    const work = workOf(world.job, kind);
    let next = world;
    for (const task of missing(settled(work), world.published[kind], work.cursor))
      next = store(
        next,
        "tasks",
        once(`task:${kind}:${task}:r${world.job.run}`, () => taskMessage(world.job, kind, task, 0)),
      );
    return next;
  };

  /** Rows that `publishLostEvents` publishes again. */
  const lostRows = (world: World): ReadonlySet<string> =>
    new Set(
      world.outbox.flatMap(({ message, isPublished, isApplied }) =>
        isPublished && !isApplied && streamOf(message) === "events" && !hasUnhandled(world, "events", message.subject)
          ? message.eventId
          : [],
      ),
    );

  const hasUnpublished = ({ outbox, job, published }: World): boolean =>
    outbox.some(({ isPublished }) => !isPublished) ||
    (job.state === "running" && WorkKind.options.some((kind) => published[kind] < job[kind].cursor));

  const evidenceOf = (world: World, job: Job): Evidence => {
    const { subject } = finalizeMessage(job);
    const order = world.streams.finalize.find(({ message }) => message.subject === subject);
    return {
      isUnpublished: hasUnpublished(world),
      hasUnhandledEvents: hasUnhandled(world, "events"),
      mayHaveResult: ({ kind, task }) =>
        world.streams.tasks.some(
          ({ message: { body }, isHandled }) => !isHandled && body["kind"] === kind && body["task"] === task,
        ),
      order: order === undefined ? "none" : order.isHandled ? "handled" : "unhandled",
      hasResult: world.outbox.some(({ message }) => message.eventId === `${job.id}:job-finalized:${job.run}`),
    };
  };

  /** As `recoverJob`, after it has read the job and its attempts. */
  const recover = (world: World, { job, attempts }: Pick<World, "job" | "attempts">): World => {
    const recovery = rules.recover(job, evidenceOf(world, job));
    switch (recovery.type) {
      case "wait":
        return world;
      case "retry":
        return recovery.tasks.reduce(
          (next, task) =>
            retryTask(next, { ...task, attempt: lastAttempt({ attempts }, task), failed: !rules.lossIsNoFailure }),
          world,
        );
      case "publish-order": {
        const order = finalizeMessage(job);
        const next = store(world, "finalize", order);
        const isStored = next.streams.finalize.some(({ message }) => message.eventId === order.eventId);
        return isStored ? next : addToOutbox(next, nextRunMessage(job));
      }
      case "next-run":
        return addToOutbox(world, nextRunMessage(job));
    }
  };

  const spend = (world: World, what: keyof World["left"]): World => ({
    ...world,
    left: { ...world.left, [what]: world.left[what] - 1 },
  });
  const isSnapshotUseful = ({ job }: World): boolean => job.state === "finalizing" || unfinishedTasks(job).length > 0;

  function* systemSteps(world: World): Generator<Step<World>> {
    const system = (name: string, next: World): Step<World> => ({ name, kind: "system", next });
    for (const [index, { message, isPublished }] of world.outbox.entries()) {
      if (isPublished) continue;
      yield system(`the relay publishes ${message.eventId}`, markRow(publishRow(world, index), index));
      if (rules.keepsOrder) break;
    }
    for (const name of STREAM_NAMES)
      for (const { message, isHandled } of world.streams[name])
        if (!isHandled)
          yield system(`${message.eventId} is handled`, acknowledge(handle[name](world, message), name, message));
    for (const message of world.held) {
      const held = world.held.filter((other) => other !== message);
      yield system(`${message.eventId}, still held, is handled`, {
        ...handle[streamOf(message)](world, message),
        held,
      });
    }
    if (world.job.state === "running")
      for (const kind of WorkKind.options) {
        const { cursor } = world.job[kind];
        if (world.published[kind] >= cursor) continue;
        const next = publishDispatched(world, kind);
        yield system(`tasks to ${kind} are published`, { ...next, published: { ...next.published, [kind]: cursor } });
      }
    const lost = lostRows(world);
    if (lost.size > 0 && rules.publishesEventsAgain)
      yield system("the reconciler publishes lost events again", {
        ...world,
        outbox: world.outbox.map((row) => (lost.has(row.message.eventId) ? { ...row, isPublished: false } : row)),
      });
    if (world.snapshot !== null)
      yield system("the reconciler acts", { ...recover(world, world.snapshot), snapshot: null });
    else if (isSnapshotUseful(world) && !sizes.splitsRounds) yield system("the reconciler acts", recover(world, world));
    else if (isSnapshotUseful(world))
      yield system("a reconciler reads the job", { ...world, snapshot: { job: world.job, attempts: world.attempts } });
    const commands = world.outbox.filter(({ message }) => isCommand(message));
    if (world.job.paused && !isOver(world.job) && commands.every(({ isApplied }) => isApplied))
      yield system("the owner resumes", sendCommand(world, "job-resumed"));
  }

  const addRedriven = (world: World, tasks: readonly RedrivenTask[]): World => {
    const { job, outbox } = world;
    const isNextRun = job.state === "completed" || job.state === "finalizing" || failedInGrouping(job);
    const run = isNextRun ? job.run + 1 : job.run;
    const attempts = tasks.map((of) => ({
      ...(of.kind === "compare" ? {} : { kind: of.kind }),
      task: of.task,
      attempt: lastAttempt(world, of) + 1,
    }));
    const id = `redriven:${outbox.length}:${run}:${JSON.stringify(attempts)}`;
    return addToOutbox(
      world,
      once(id, () => jobEvent({ ...job, run }, "job-redriven", id, { tasks: attempts })),
    );
  };

  /** As the endpoint `redrive`, in one transaction. */
  const redrive = (world: World): World => {
    const { job } = world;
    let next = world;
    for (const { kind, task } of missingTasks(job)) {
      const attempt = lastAttempt(next, { kind, task }) + 1;
      next = { ...next, attempts: [...next.attempts, { kind, task, attempt, failed: false }] };
      next = addToOutbox(next, taskMessage(job, kind, task, attempt));
    }
    const quarantined = quarantinedTasks(job);
    return quarantined.length === 0 ? next : addRedriven(next, quarantined);
  };

  /** As the endpoint `replay` with `apply`: the job that the log gives, whose cursors never go back; null = it is refused. */
  const replay = (world: World): World | null => {
    const events = world.streams.events.map(({ message }) => eventOf(message));
    const accepted = events.find((event) => event.type === "job-accepted");
    if (accepted === undefined) return null;
    const ids = new Set(events.map(({ eventId }) => eventId));
    if (rules.replayRefusesGaps && world.outbox.some((row) => row.isApplied && !ids.has(row.message.eventId)))
      return null;
    const { job } = world;
    const folding = events.reduce((at, event) => carriedOut(folded(at, event).job).job, acceptedJob(accepted));
    const withCursor = (kind: WorkKind) => ({
      ...folding[kind],
      cursor: Math.max(folding[kind].cursor, job[kind].cursor),
    });
    return { ...world, job: { ...folding, ...perKind(withCursor) } };
  };

  const REQUESTS: Readonly<Record<"redrive" | "rerun-finalize", (world: World) => World>> = {
    redrive,
    "rerun-finalize": (world) => addRedriven(world, []),
  };

  function* requestSteps(world: World): Generator<Step<World>> {
    for (const [request, carryOut] of Object.entries(REQUESTS))
      if (refusalOf(world.job, request as keyof typeof REQUESTS) === null)
        yield { name: `an operator requests ${request}`, kind: "fault", next: carryOut(world) };
    const replayed = replay(world);
    if (replayed !== null) yield { name: "an operator requests replay with apply", kind: "fault", next: replayed };
  }

  const sendCommand = (world: World, command: (typeof COMMANDS)[number]): World =>
    addToOutbox(
      world,
      once(`${command}:${world.outbox.length}`, () => jobEvent(world.job, command, world.outbox.length, {})),
    );

  function* faultSteps(world: World): Generator<Step<World>> {
    if (world.left.commands > 0 && !isOver(world.job))
      for (const command of COMMANDS)
        yield {
          name: `the owner sends ${command}`,
          kind: "fault",
          next: sendCommand(spend(world, "commands"), command),
        };
    if (world.left.requests > 0) yield* requestSteps(spend(world, "requests"));
    if (world.left.failures > 0)
      for (const { message, isHandled } of world.streams.tasks) {
        if (isHandled) continue;
        const { kind, task } = message.body as unknown as Task;
        const letter = once(`dead:${message.eventId}`, () => ({
          ...message,
          stream: "LOOKALIKE_DEAD_LETTERS",
          eventId: `dead:${message.eventId}`,
        }));
        const failed = { ...spend(world, "failures"), failures: [...world.failures, { kind, task }] };
        yield {
          name: `the work of ${message.eventId} fails`,
          kind: "fault",
          next: acknowledge(store(failed, "deadLetters", letter), "tasks", message),
        };
      }
    if (world.left.faults > 0) yield* infrastructureFaults(spend(world, "faults"));
  }

  function* infrastructureFaults(world: World): Generator<Step<World>> {
    const fault = (name: string, next: World): Step<World> => ({ name, kind: "fault", next });
    for (const name of STREAM_NAMES) {
      const stream = world.streams[name];
      if (stream.length === 0) continue;
      const unhandled = stream.flatMap(({ message, isHandled }) => (isHandled ? [] : message));
      yield fault(`the stream ${name} is lost`, withStream(world, name, []));
      if (unhandled.length > 0)
        yield fault(`the stream ${name} is lost, and what it had is held`, {
          ...withStream(world, name, []),
          held: [...world.held, ...unhandled],
        });
      if (stream.some(({ isHandled }) => isHandled))
        yield fault(
          `the consumer of ${name} is lost`,
          withStream(
            world,
            name,
            stream.map((stored) => ({ ...stored, isHandled: false })),
          ),
        );
      for (const message of unhandled)
        yield fault(
          `${message.eventId} is handled, then its process dies before the ack`,
          handle[name](world, message),
        );
    }
    for (const message of world.held)
      yield fault(`whoever holds ${message.eventId} dies`, {
        ...world,
        held: world.held.filter((other) => other !== message),
      });
    const next = world.outbox.findIndex(({ isPublished }) => !isPublished);
    if (next >= 0) yield fault("the relay publishes, then dies before the mark", publishRow(world, next));
    if (world.job.state === "running")
      for (const kind of WorkKind.options)
        if (world.published[kind] < world.job[kind].cursor)
          yield fault(`tasks to ${kind} are published, not marked`, publishDispatched(world, kind));
    if (world.deduplicates) yield fault("the server forgets ids", { ...world, deduplicates: false });
    if (world.job.state === "finalizing") {
      const forged = once(`forged:${world.job.run}`, () => ({
        ...finalizeMessage(world.job),
        eventId: "forged",
        body: {},
      }));
      yield fault("another message is in the place of the order", store(world, "finalize", forged));
    }
  }

  return function* steps(world: World): Generator<Step<World>> {
    for (const step of systemSteps(world)) yield { ...step, next: withoutPast(step.next) };
    for (const step of faultSteps(world)) yield { ...step, next: withoutPast(step.next) };
  };
};
