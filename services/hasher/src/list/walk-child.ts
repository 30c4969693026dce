// The entry point of a process that walks sources for the hasher, several at once, and ends with it: see walk-process.ts.
import type { FoundImage } from "@lookalike/shared/domain/image/listed-image";
import { messageOf } from "@lookalike/shared/runtime/errors";
import { walkSource } from "./sources/source.ts";
import { ListingError, type Walk } from "./sources/walk.ts";
import type { FromWalker, ToWalker, WalkCall, WalkCalls } from "./walk-messages.ts";

interface OpenWalk {
  readonly walk: Walk;
  readonly parts: AsyncIterator<readonly FoundImage[]>;
  /** What had been looked at when progress was last reported. */
  reported: number;
}

const PROGRESS_MS = 1_000;
const walks = new Map<number, OpenWalk>();

const openWalk = (id: number): OpenWalk => {
  const open = walks.get(id);
  if (open === undefined) throw new Error(`there is no walk ${id}`);
  return open;
};

type Handlers = {
  readonly [Call in WalkCall]: (
    walk: number,
    request: WalkCalls[Call]["request"],
  ) => Promise<WalkCalls[Call]["answer"]>;
};

const handlers: Handlers = {
  async open(id, { owned, allowed, resume }) {
    const walk = await walkSource(owned, allowed, resume);
    walks.set(id, { walk, parts: walk.parts[Symbol.asyncIterator](), reported: 0 });
    const { expected, isResumed, files, tally } = walk;
    return { expected, isResumed, hasFiles: files !== null, isCounted: tally !== null };
  },
  async next(id) {
    const { walk, parts } = openWalk(id);
    const { done, value } = await parts.next();
    if (done !== true) return { part: value };
    const { tally } = walk;
    const counted = tally === null ? null : { counts: tally.counts(), mounts: tally.mounts, unlisted: tally.unlisted };
    // The catalog's numbers are known only to the parent process, which adds them.
    return { end: { mark: walk.mark({ end: 0, images: 0 }), counted } };
  },
  isStillThere: async (id, { path, fingerprint }) =>
    (await openWalk(id).walk.files?.isStillThere(path, fingerprint)) ?? false,
  digestOf: async (id, { path }) => (await openWalk(id).walk.files?.digestOf(path)) ?? null,
  async close(id) {
    const open = walks.get(id);
    walks.delete(id);
    await open?.parts.return?.();
    await open?.walk.close();
    return null;
  },
};

const send = (message: FromWalker) => process.send?.(message);

process.on("message", async ({ id, walk, call, request }: ToWalker) => {
  try {
    send({ id, answer: await handlers[call](walk, request as never) });
  } catch (error) {
    send({ id, error: messageOf(error), isListingError: error instanceof ListingError });
  }
});
setInterval(() => {
  for (const [id, open] of walks) {
    const { looked = 0 } = open.walk.tally ?? {};
    if (looked === open.reported) continue;
    open.reported = looked;
    send({ progress: id });
  }
}, PROGRESS_MS);
// At once: an orderly exit would wait for calls that a broken disk never answers.
process.on("disconnect", () => process.kill(process.pid, "SIGKILL"));
for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => undefined);
