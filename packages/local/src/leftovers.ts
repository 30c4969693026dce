import { setTimeout as sleep } from "node:timers/promises";
import { EXIT, OperatorError } from "@lookalike/shared/runtime/errors";
import { stateOf, type TaggedProcess, taggedProcesses } from "./processes.ts";

const KILL_MS = 5_000;
const POLL_MS = 50;

/**
 * Ends the processes that a killed start of this data folder left running: two nats-servers must not write to the
 * same files. Each one is ended by its number, after its command line and start were read.
 * @param stopMs time to end by itself, before it is killed
 * @throws OperatorError where one can't be ended
 */
export const endLeftovers = async (tag: string, stopMs = 10_000): Promise<void> => {
  // The services first: without their servers they would wait for them.
  const services = async () => (await taggedProcesses(tag)).filter(({ program }) => !isServer(program));
  const all = () => taggedProcesses(tag);
  for (const list of [services, all]) {
    await endAll(list, stopMs, ({ program }) => (program === "postgres" ? POSTGRES_STOP : "SIGTERM"));
    await endAll(list, KILL_MS, () => "SIGKILL");
  }
  const left = await all();
  if (left.length === 0) return;
  throw new OperatorError(
    `Processes of an earlier start still run, and can't be ended: ${left.map(({ program, pid }) => `${program} ${pid}`).join(", ")}. End them, then start again.`,
    EXIT.unavailable,
  );
};

const isServer = (program: string): boolean => program === "postgres" || program === "nats-server";

/** At SIGTERM it would wait for its sessions to end. */
const POSTGRES_STOP = "SIGINT";

/** Sends each process one signal, and waits until none is left, or the time is over. */
const endAll = async (
  list: () => Promise<readonly TaggedProcess[]>,
  patienceMs: number,
  signalOf: (tagged: TaggedProcess) => NodeJS.Signals,
): Promise<void> => {
  const signalled = new Set<number>();
  for (const deadline = Date.now() + patienceMs; Date.now() < deadline; await sleep(POLL_MS)) {
    const left = await list();
    if (left.length === 0) return;
    for (const tagged of left) {
      if (signalled.has(tagged.pid) || (await stateOf(tagged)) !== "runs") continue;
      signalled.add(tagged.pid);
      send(tagged.pid, signalOf(tagged));
    }
  }
};

const send = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended by itself, or belongs to somebody else: the caller looks again.
  }
};
