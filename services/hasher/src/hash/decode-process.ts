import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { failed } from "@lookalike/engine/hash/hash-image";
import type { Outcome } from "@lookalike/shared/domain/image/hash-block";
import PQueue from "p-queue";
import type { FileRequest } from "./hash-file.ts";

/** A decoder stops itself at its time-out; one that does not is killed this much later. */
const GRACE_MS = 2_000;

/**
 * Hashes one file at a time in another process, for blocks that have failed before: a picture that crashes the decoder's process fails, and no other
 * picture does. The process starts with the first file, and ends when no other one waits.
 */
export const createDecodeProcess = (script = new URL("./decode-child.js", import.meta.url)) => {
  const queue = new PQueue({ concurrency: 1 });
  let child: ChildProcess | null = null;
  queue.on("idle", () => {
    if (isAlive(child)) child.disconnect();
    child = null;
  });
  const hash = async (request: FileRequest): Promise<Outcome> => {
    // Detached, because a Ctrl-C in the terminal must stop the service and not count as this picture's crash.
    if (!isAlive(child)) child = fork(fileURLToPath(script), { serialization: "advanced", detached: true });
    const decoder = child;
    const settled = new AbortController();
    const timeout = AbortSignal.timeout(request.timeoutSeconds * 1_000 + GRACE_MS);
    const ended = once(decoder, "exit", { signal: settled.signal }).then(([code, signal]): Outcome => {
      return timeout.aborted
        ? failed("timeout", `not done after ${request.timeoutSeconds} s`)
        : failed("crash", `the decoder's process ended: ${signal ?? code}`);
    });
    const hashed = once(decoder, "message", { signal: settled.signal }).then(([outcome]) => outcome as Outcome);
    const kill = () => decoder.kill("SIGKILL");
    timeout.addEventListener("abort", kill);
    decoder.send(request);
    try {
      return await Promise.race([hashed, ended]);
    } finally {
      timeout.removeEventListener("abort", kill);
      settled.abort();
      await Promise.allSettled([hashed, ended]);
    }
  };
  return {
    hash: (request: FileRequest): Promise<Outcome> => queue.add(() => hash(request)),
    close: (): Promise<void> => queue.onIdle(),
  };
};

const isAlive = (child: ChildProcess | null): child is ChildProcess =>
  child?.connected === true && child.exitCode === null && child.signalCode === null;
