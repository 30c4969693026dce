import type { ChildProcess } from "node:child_process";
import { forkWithLimits } from "@lookalike/shared/runtime/limited-process";
import { ListingError } from "./sources/walk.ts";
import type { FromWalker, ToWalker, WalkCall, WalkCalls } from "./walk-messages.ts";

export const WALKER_HEAP_MB = 1_024;
/** Beside the heap there are the stacks of all threads. */
const LIMITS = { memoryBytes: 6 * 1024 ** 3, files: 16_384, cpuSeconds: null };
/** Each call that a broken disk does not answer holds a thread: there are enough for all walks that read at once. */
const ENVIRONMENT = { UV_THREADPOOL_SIZE: "256", NODE_OPTIONS: `--max-old-space-size=${WALKER_HEAP_MB}` };
const OUTPUT_CHARACTERS = 2_000;

interface Pending {
  readonly walk: number;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

/** A process that walks sources. A disk that never answers costs it threads, and the walk its end; never the service. */
export class WalkProcess {
  readonly #child: ChildProcess;
  readonly #pending = new Map<number, Pending>();
  readonly #walks = new Set<number>();
  #ids = 0;
  #output = "";
  #hasEnded = false;
  #isRetired = false;

  constructor(script: URL) {
    this.#child = forkWithLimits(script, LIMITS, ENVIRONMENT);
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#output = (this.#output + text).slice(-OUTPUT_CHARACTERS);
    });
    this.#child.on("message", (message: FromWalker) => this.#receive(message));
    this.#child.on("error", (error) => this.#end(error.message));
    this.#child.on("close", (code, signal) => this.#end(`${signal ?? `exit code ${code}`}`));
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Whether it takes another walk. */
  get isOpen(): boolean {
    return !this.#hasEnded && !this.#isRetired;
  }

  /** Whether it walks nothing. */
  get isIdle(): boolean {
    return this.#walks.size === 0;
  }

  /** @returns the number of a new walk */
  addWalk(): number {
    this.#ids += 1;
    this.#walks.add(this.#ids);
    return this.#ids;
  }

  removeWalk(walk: number): void {
    this.#walks.delete(walk);
  }

  /**
   * Calls the process.
   * @param label names the source in an error
   * @throws ListingError where the source can't be read, or nothing could be read of it for so long
   */
  call<Call extends WalkCall>(
    walk: number,
    call: Call,
    request: WalkCalls[Call]["request"],
    { label, seconds }: { readonly label: string; readonly seconds: number },
  ): Promise<WalkCalls[Call]["answer"]> {
    return new Promise((resolve, reject) => {
      if (this.#hasEnded) return reject(this.#endedError(this.#output));
      this.#ids += 1;
      const id = this.#ids;
      const expire = () => {
        this.#pending.delete(id);
        this.#isRetired = true;
        reject(
          new ListingError(`${label}: nothing could be read for ${seconds} s. Its disk or share does not answer.`),
        );
      };
      const timer = setTimeout(expire, seconds * 1_000);
      this.#pending.set(id, { walk, resolve: (answer) => resolve(answer as WalkCalls[Call]["answer"]), reject, timer });
      this.#child.send({ id, walk, call, request } satisfies ToWalker, () => undefined);
    });
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }

  #receive(message: FromWalker): void {
    if ("progress" in message) {
      for (const { walk, timer } of this.#pending.values()) if (walk === message.progress) timer.refresh();
      return;
    }
    const pending = this.#pending.get(message.id);
    if (pending === undefined) return;
    this.#pending.delete(message.id);
    clearTimeout(pending.timer);
    if ("answer" in message) pending.resolve(message.answer);
    else pending.reject(message.isListingError ? new ListingError(message.error) : new Error(message.error));
  }

  #end(reason: string): void {
    this.#hasEnded = true;
    for (const { reject, timer } of this.#pending.values()) {
      clearTimeout(timer);
      reject(this.#endedError(reason));
    }
    this.#pending.clear();
  }

  #endedError(reason: string): Error {
    return new Error(`the process that walks sources has ended: ${reason}`);
  }
}
