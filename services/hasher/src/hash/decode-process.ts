import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { failed } from "@lookalike/engine/hash/hash-image";
import type { Outcome } from "@lookalike/shared/domain/image/hash-block";
import PQueue from "p-queue";
import type { FileRequest } from "./hash-file.ts";

/** Hashes one file at a time in another process. */
export interface DecodeProcess {
  hash(request: FileRequest): Promise<Outcome>;
  close(): Promise<void>;
}

/** A decoder that hangs stops itself at its time-out; what does not is ended so much later. */
const LATE_MS = 2_000;

/**
 * Hashing for blocks that have failed before: a picture that brings the decoder's process down costs
 * itself alone. The process starts with the first file, and goes when there is no other.
 */
export const createDecodeProcess = (script = new URL("./decode-child.js", import.meta.url)): DecodeProcess => {
  const queue = new PQueue({ concurrency: 1 });
  let child: ChildProcess | null = null;
  queue.on("idle", () => {
    if (isAlive(child)) child.disconnect();
    child = null;
  });
  const hash = async (request: FileRequest): Promise<Outcome> => {
    // Detached: a Ctrl-C in the terminal is for the service, and no fault of the picture in hand.
    if (!isAlive(child)) child = fork(fileURLToPath(script), { serialization: "advanced", detached: true });
    const decoder = child;
    const over = new AbortController();
    const timeout = AbortSignal.timeout(request.timeoutSeconds * 1_000 + LATE_MS);
    const ended = once(decoder, "exit", { signal: over.signal }).then(([code, signal]): Outcome => {
      return timeout.aborted
        ? failed("timeout", `not done after ${request.timeoutSeconds} s`)
        : failed("crash", `the decoder's process ended: ${signal ?? code}`);
    });
    const answered = once(decoder, "message", { signal: over.signal }).then(([outcome]) => outcome as Outcome);
    const kill = () => decoder.kill("SIGKILL");
    timeout.addEventListener("abort", kill);
    decoder.send(request);
    try {
      return await Promise.race([answered, ended]);
    } finally {
      timeout.removeEventListener("abort", kill);
      over.abort();
      await Promise.allSettled([answered, ended]);
    }
  };
  return { hash: (request) => queue.add(() => hash(request)), close: () => queue.onIdle() };
};

const isAlive = (child: ChildProcess | null): child is ChildProcess =>
  child?.connected === true && child.exitCode === null && child.signalCode === null;
