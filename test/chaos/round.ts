import { countBySubject, readStream } from "@lookalike/shared/bus/read";
import { STREAMS } from "@lookalike/shared/bus/topology";
import { isOver } from "@lookalike/shared/domain/job/job";
import { randomWords } from "@lookalike/shared/domain/primitives/random";
import { requestEndpoint } from "../support/request.ts";
import type { Kind } from "./kind.ts";
import { startProbe } from "./probe.ts";
import { persist, type Stage } from "./stage.ts";

/** How a round ended. */
export interface Outcome {
  readonly kind: string;
  /** From the last fault until the job was over. */
  readonly seconds: number;
  /** Comparisons that were done more than once. */
  readonly repeated: number;
  readonly problems: readonly string[];
}

/** Memory of a service's process that no round may exceed. */
const MAX_MEGABYTES = 700;
const IDLE_SECONDS = 60;
const VERIFY_SECONDS = 120;

/** Records each result from outside, so that one that replaces another is seen too. */
export const recordEffects = async ({ store }: Stage): Promise<void> => {
  await store.pool.query(`
    create table chaos_effect (job_id text, run integer);
    create function chaos_effect() returns trigger language plpgsql security definer as
      $$ begin insert into chaos_effect values (new.job_id, new.run); return null; end $$;
    create trigger chaos_effect after insert on finalization for each row execute function chaos_effect();`);
};

/** Runs one job with a fault, and checks all that must hold then. */
export const runRound = async <On extends Stage>(
  stage: On,
  { name, seed, reference, seconds }: { name: string; seed: number; reference: string; seconds: number },
  { disturb, excuses, parks = false }: Kind<On>,
): Promise<Outcome> => {
  await stage.prepare();
  const words = randomWords(seed);
  const random = () => words() / 2 ** 32;
  const letters = await lettersAfter(stage, 0);
  const crashes = crashesOf(stage).length;
  const job = await stage.startJob(`${name} ${seed}`);
  const problems: string[] = [];
  const probe = startProbe(stage, job);
  await disturb({ stage, job, random }).catch((error: unknown) => problems.push(`the fault itself failed: ${error}`));
  const ended = Date.now();
  const isEnded = await stage.until(job, isOver, seconds).then(
    () => true,
    (error: Error) => {
      problems.push(`not over ${seconds} s after the last fault: ${error.message}`);
      return false;
    },
  );
  const taken = (Date.now() - ended) / 1_000;
  let repeated = 0;
  if (isEnded) {
    await check(stage, job, reference, excuses).then(
      (checked) => {
        problems.push(...checked.problems);
        repeated = checked.repeated;
      },
      (error: unknown) => problems.push(`it could not be checked: ${error}`),
    );
    const more = (await lettersAfter(stage, letters.last)).subjects;
    const unexpected = parks ? more.filter((subject) => !subject.startsWith("lookalike.dead.")) : more;
    if (unexpected.length > 0) problems.push(`${unexpected.length} dead letters: ${unexpected[0]}`);
  }
  problems.push(...(await probe.stop()));
  problems.push(...crashesOf(stage).slice(crashes));
  const memory = Math.max(...stage.instances.map((instance) => instance.memory()));
  if (memory > MAX_MEGABYTES) problems.push(`a service has ${Math.round(memory)} MB`);
  return { kind: name, seconds: taken, repeated, problems };
};

const crashesOf = ({ instances }: Stage): string[] => instances.flatMap(({ crashes }) => crashes);

const check = async (stage: Stage, job: string, reference: string, excuses: RegExp | undefined) => {
  const { bus, store } = stage;
  const problems: string[] = [];
  // A message that is delivered again may have a second effect.
  const left = await untilIdle(stage, job);
  if (left !== null) problems.push(left);
  const { state, run, quarantined } = await stage.job(job);
  if (state !== "completed") problems.push(`it is ${state}`);
  if (quarantined > 0) problems.push(`${quarantined} tasks are in quarantine`);
  if ((await stage.groups(job)) !== reference) problems.push("its groups differ from the undisturbed run's");
  const effects = await store.pool.query<{ run: number; times: number }>(
    "select run, count(*)::int as times from chaos_effect where job_id = $1 group by run",
    [job],
  );
  for (const { run, times } of effects.rows) if (times !== 1) problems.push(`${times} results of run ${run}`);
  if (!effects.rows.some((row) => row.run === run)) problems.push(`no result of run ${run}`);
  const orders = await persist(() => countBySubject(bus, STREAMS.finalize, `lookalike.finalize.*.*.${job}.*`));
  for (const [subject, count] of Object.entries(orders))
    if (count !== 1) problems.push(`${count} orders to group run ${subject.split(".").at(-1)}`);
  const failures = await store.pool.query<{ reason: string }>(
    "select reason from task_attempt where job_id = $1 and failed",
    [job],
  );
  if (failures.rows.length > 0) problems.push(`${failures.rows.length} attempts failed: ${failures.rows[0]?.reason}`);
  const { body } = await persist(() => requestEndpoint(bus, "coordinator.verify", { job }), VERIFY_SECONDS);
  for (const problem of body["problems"] as string[]) if (excuses?.test(problem) !== true) problems.push(problem);
  const results = await persist(() =>
    countBySubject(bus, STREAMS.events, `lookalike.event.*.*.${job}.pair-batch-done`),
  );
  const done = Object.values(results).reduce((sum, count) => sum + count, 0);
  const { total } = await stage.job(job);
  return { problems, repeated: Math.max(0, done - total) };
};

/** Waits until nothing of the job is left in the outbox, nor unhandled in a stream. @returns what is left, or null */
const untilIdle = async ({ bus, store }: Stage, job: string): Promise<string | null> => {
  const leftNow = async (): Promise<string | null> => {
    const { rows } = await store.pool.query("select 1 from outbox where published_at is null and body->>'job' = $1", [
      job,
    ]);
    if (rows.length > 0) return `${rows.length} messages are left in the outbox`;
    for (const stream of Object.values(STREAMS))
      for (const { name, num_pending, num_ack_pending } of await bus.jsm.consumers.list(stream).next())
        if (num_pending + num_ack_pending > 0)
          return `${num_pending} messages wait and ${num_ack_pending} are held by ${stream}/${name}`;
    return null;
  };
  return persist(async () => {
    const left = await leftNow();
    if (left !== null) throw new Error(left);
    return null;
  }, IDLE_SECONDS).catch((error: Error) => error.message);
};

const lettersAfter = async ({ bus }: Stage, after: number): Promise<{ last: number; subjects: string[] }> =>
  persist(async () => {
    const { last_seq } = (await bus.jsm.streams.info(STREAMS.deadLetters)).state;
    const subjects: string[] = [];
    // A stream that was lost counts from 1 again.
    const from = last_seq < after ? 0 : after;
    for await (const { subject } of readStream(bus, STREAMS.deadLetters, ">", from)) subjects.push(subject);
    return { last: last_seq, subjects };
  });
