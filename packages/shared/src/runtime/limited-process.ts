import { type ChildProcess, fork, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Budget } from "./budget.ts";
import { type FromProcess, OUT_OF_MEMORY, type ToProcess } from "./pooled-process.ts";

/** Why a process could not answer a request. */
export class ProcessEnded extends Error {
  override readonly name = "ProcessEnded";
  readonly reason: "crash" | "out-of-memory" | "timeout";
  /** The last lines that the process wrote to standard error. */
  readonly output: string;

  constructor(reason: ProcessEnded["reason"], message: string, output: string) {
    super(message);
    this.reason = reason;
    this.output = output;
  }
}

/** A handler should end by itself at the time-out; a process in which it does not is killed this much later. */
const GRACE_MS = 2_000;
/** Time of a core after which the kernel ends a process, should nobody be there who does. */
const CPU_SECONDS = 6_000;
const OUTPUT_CHARACTERS = 2_000;
/** In the words of V8, GLib and C++. */
const NO_MEMORY = /out of memory|failed to allocate|bad_alloc|allocation failed/i;
/** A process gets none of the service's secrets, since a request may bring it to run foreign code. */
const ENVIRONMENT = ["PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH", "LD_PRELOAD"];

const isInstalled = (program: string): boolean => spawnSync(program, ["--version"]).status === 0;

let installed: { readonly prlimit: boolean; readonly setpriv: boolean } | null = null;

/** The programs of util-linux, which only Linux has, that set limits and what a process gets when its parent ends. */
const installedPrograms = () => {
  installed ??= { prlimit: isInstalled("prlimit"), setpriv: isInstalled("setpriv") };
  return installed;
};

/** Whether the limits of memory and files can be set. */
export const hasLimits = (): boolean => installedPrograms().prlimit;

/** The command that runs Node with the limits; its first word is a program. */
const commandOf = (limits: Limits): readonly [string, ...string[]] => {
  const { prlimit, setpriv } = installedPrograms();
  // Where the service is killed, a decoder in an endless loop does not notice that its channel is closed.
  const node: readonly [string, ...string[]] = setpriv
    ? ["setpriv", "--pdeathsig", "KILL", process.execPath]
    : [process.execPath];
  return prlimit ? ["prlimit", ...limitsOf(limits), ...node] : node;
};

interface Limits {
  /** Bytes that its heaps and stacks may take (RLIMIT_DATA). */
  readonly memoryBytes: number;
  readonly files: number;
  /** Time of a core; null = no limit. */
  readonly cpuSeconds: number | null;
}

const limitsOf = ({ memoryBytes, files, cpuSeconds }: Limits): string[] => [
  `--data=${memoryBytes}`,
  `--nofile=${files}`,
  // It writes no file, and leaves no memory with somebody's pictures on the disk.
  "--fsize=0",
  "--core=0",
  ...(cpuSeconds === null ? [] : [`--cpu=${cpuSeconds}`]),
];

/** Starts a module in a process with limits, where there is a program that sets them, and without the service's secrets. */
export const forkWithLimits = (
  script: URL,
  limits: Limits,
  environment: Readonly<Record<string, string>> = {},
): ChildProcess => {
  const [execPath, ...execArgv] = commandOf(limits);
  return fork(fileURLToPath(script), {
    serialization: "advanced",
    // A Ctrl-C in the terminal must stop the service, and not look like a crash of the request.
    detached: true,
    env: {
      ...Object.fromEntries(Object.entries(process.env).filter(([name]) => ENVIRONMENT.includes(name))),
      ...environment,
    },
    stdio: ["ignore", "ignore", "pipe", "ipc"],
    execPath,
    execArgv,
  });
};

/** A process that handles one request at a time, within limits of memory, time and files. */
export class LimitedProcess<Request, Result> {
  readonly #child: ChildProcess;
  #output = "";
  /** Rejects when the process has ended, or can't start. */
  readonly ended: Promise<never>;
  /** How long it has handled requests. */
  busyMs = 0;

  private constructor(script: URL, memoryBytes: number) {
    // Node opens many modules at once.
    this.#child = forkWithLimits(script, { memoryBytes, files: 256, cpuSeconds: CPU_SECONDS });
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#output = (this.#output + text).slice(-OUTPUT_CHARACTERS);
    });
    this.ended = new Promise((_resolve, reject) => {
      this.#child.on("error", reject);
      // Not "exit": at "close", all output has arrived.
      this.#child.on("close", (code, signal) => reject(endedBy(code, signal, this.#output)));
    });
    this.ended.catch(() => undefined);
  }

  /** @param memoryBytes that its heaps and stacks may take (RLIMIT_DATA) @throws Error where it can't start: no request is to blame */
  static async start<Request, Result>(script: URL, memoryBytes: number): Promise<LimitedProcess<Request, Result>> {
    const started = new LimitedProcess<Request, Result>(script, memoryBytes);
    const ready = new Promise<void>((resolve) => started.#child.once("message", () => resolve()));
    await Promise.race([ready, started.ended]).catch((error: unknown) => {
      throw new Error(`a process with limits can't start: ${started.#output}`, { cause: error });
    });
    return started;
  }

  /**
   * @param timeoutMs time for the request, without that in which it waits for units of the budget
   * @throws ProcessEnded where the process ends, or is not done in time
   */
  async run(request: Request, timeoutMs: number, budget: Budget): Promise<Result> {
    const child = this.#child;
    const started = performance.now();
    let held = 0;
    let isOver = false;
    let timer: NodeJS.Timeout | undefined;
    const answered = new Promise<Result>((resolve, reject) => {
      const onTimeout = () => {
        child.kill("SIGKILL");
        // At once: a process that waits for a broken disk does not end.
        reject(new ProcessEnded("timeout", `not done after ${timeoutMs / 1_000} s`, this.#output));
      };
      const startTimer = () => {
        timer = setTimeout(onTimeout, timeoutMs + GRACE_MS);
      };
      const reserve = async (units: number): Promise<void> => {
        clearTimeout(timer);
        budget.giveBack(held);
        held = 0;
        const taken = await budget.take(units);
        if (isOver) return budget.giveBack(taken);
        held = taken;
        startTimer();
        this.#send({ reserved: true });
      };
      child.on("message", (message: FromProcess<Result>) => {
        if ("reserve" in message) void reserve(message.reserve);
        else if ("result" in message) resolve(message.result);
      });
      startTimer();
      this.#send({ request });
    });
    try {
      return await Promise.race([answered, this.ended]);
    } finally {
      isOver = true;
      clearTimeout(timer);
      budget.giveBack(held);
      child.removeAllListeners("message");
      this.busyMs += performance.now() - started;
    }
  }

  /** Lets it end, which it does by itself. */
  end(): void {
    if (this.#child.connected) this.#child.disconnect();
  }

  #send(message: ToProcess<Request>): void {
    // A process that has ended takes no message, which "close" reports.
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }
}

const endedBy = (code: number | null, signal: NodeJS.Signals | null, output: string): ProcessEnded =>
  code === OUT_OF_MEMORY || NO_MEMORY.test(output)
    ? new ProcessEnded("out-of-memory", "it needs more memory than it may use", output)
    : new ProcessEnded("crash", `its process ended: ${signal ?? `exit code ${code}`}`, output);
