import { sourceLabel } from "@lookalike/shared/domain/job/source";
import type { FairTurns, Turner } from "@lookalike/shared/runtime/fair-turns";
import type { AllowedSources } from "@lookalike/shared/sources/allowed-sources";
import { type OwnedSource, walkSource } from "./sources/source.ts";
import type { MarkedCatalog, Tally, Walk } from "./sources/walk.ts";
import type { WalkEnd } from "./walk-messages.ts";
import { WalkProcess } from "./walk-process.ts";

interface WalkRequest {
  readonly owned: OwnedSource;
  readonly resume: MarkedCatalog | null;
  readonly turner: Turner;
  /** The walk gets a process of its own, since it may have ended another one. */
  readonly isIsolated: boolean;
}

interface WalkersOptions {
  readonly allowed: AllowedSources;
  /** Turns of reading. */
  readonly reading: FairTurns;
  /** A walk that reads nothing for so long fails. */
  readonly deadlineSeconds: number;
  readonly script?: URL;
}

/** A file is read whole before its digest is known. */
const DIGEST_FACTOR = 10;
const IDLE_MS = 60_000;

/**
 * Walks sources, many at the same time. Those on this machine are walked in another process: a call that a disk never
 * answers can't be taken back, and would hold a thread of this one for ever.
 */
export const createWalkers = ({
  allowed,
  reading,
  deadlineSeconds,
  script = new URL("./walk-child.js", import.meta.url),
}: WalkersOptions) => {
  const processes = new Set<WalkProcess>();
  let shared: WalkProcess | null = null;
  let idle: NodeJS.Timeout | undefined;

  const start = (): WalkProcess => {
    const started = new WalkProcess(script);
    processes.add(started);
    return started;
  };
  const end = (process: WalkProcess): void => {
    process.kill();
    processes.delete(process);
    if (shared === process) shared = null;
  };
  const processFor = (isIsolated: boolean): WalkProcess => {
    if (isIsolated) return start();
    clearTimeout(idle);
    if (shared?.isOpen === true) return shared;
    // One that did not answer that its last walk is over has nobody else who ends it.
    if (shared?.isIdle === true) end(shared);
    shared = start();
    return shared;
  };
  const release = (process: WalkProcess, walk: number, isIsolated: boolean): void => {
    process.removeWalk(walk);
    if (isIsolated || (!process.isOpen && process.isIdle)) end(process);
    else if (process === shared && process.isIdle) idle = setTimeout(() => end(process), IDLE_MS).unref();
  };

  const walkInProcess = async ({ owned, resume, turner, isIsolated }: WalkRequest): Promise<Walk> => {
    const process = processFor(isIsolated);
    const id = process.addWalk();
    const label = sourceLabel(owned.source);
    const limit = { label, seconds: deadlineSeconds };
    const digestLimit = { label, seconds: deadlineSeconds * DIGEST_FACTOR };
    const inTurn = <Result>(work: () => Promise<Result>): Promise<Result> => reading.run(turner, work);
    let ended: WalkEnd = { mark: null, counted: null };
    let isClosed = false;
    const close = async (): Promise<void> => {
      if (isClosed) return;
      isClosed = true;
      // Nobody waits for it: it may be in a call that is never answered.
      process.call(id, "close", null, limit).catch(() => undefined);
      release(process, id, isIsolated);
    };
    async function* parts() {
      for (;;) {
        const answer = await inTurn(() => process.call(id, "next", null, limit));
        if ("end" in answer) {
          ended = answer.end;
          return;
        }
        yield answer.part;
      }
    }
    try {
      const request = { owned, allowed, resume };
      const { expected, isResumed, hasFiles, isCounted } = await inTurn(() => process.call(id, "open", request, limit));
      const counted = () => {
        if (ended.counted === null) throw new Error("the walk is not over");
        return ended.counted;
      };
      const tally: Tally = {
        looked: 0,
        counts: () => counted().counts,
        get mounts() {
          return counted().mounts;
        },
        get unlisted() {
          return counted().unlisted;
        },
      };
      return {
        expected,
        isResumed,
        parts: parts(),
        mark: (catalog) => ended.mark && { ...ended.mark, ...catalog },
        files: hasFiles
          ? {
              provesContent: false,
              isStillThere: (path, fingerprint) => process.call(id, "isStillThere", { path, fingerprint }, limit),
              digestOf: (path) => process.call(id, "digestOf", { path }, digestLimit),
            }
          : null,
        tally: isCounted ? tally : null,
        close,
      };
    } catch (error) {
      await close();
      throw error;
    }
  };

  return {
    walk: (request: WalkRequest): Promise<Walk> =>
      request.owned.source.kind === "s3" ? walkSource(request.owned, allowed, request.resume) : walkInProcess(request),
    /** Process ids of those that walk. */
    pids: (): number[] => [...processes].flatMap(({ pid }) => pid ?? []),
    close: async (): Promise<void> => {
      clearTimeout(idle);
      for (const process of processes) end(process);
    },
  };
};
