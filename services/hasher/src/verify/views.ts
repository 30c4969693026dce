import type { PictureView } from "@lookalike/engine/verify/picture-view";
import { toHex } from "@lookalike/shared/domain/primitives/encoding";

/** Views of a unit that are in memory at once: 64 take 17 MB. */
const CACHED_VIEWS = 64;

/**
 * Views of a task's pictures by their contents, each decoded once as long as few others are needed between: an image has
 * its pairs one after another. A picture that can't be looked at stays so for the task.
 */
export const createViews = (decode: (ordinal: number, contentDigest: Uint8Array) => Promise<PictureView | null>) => {
  const views = new Map<string, Promise<PictureView | null>>();
  const unreadable = new Set<string>();
  return async (ordinal: number, contentDigest: Uint8Array): Promise<PictureView | null> => {
    const key = toHex(contentDigest);
    if (unreadable.has(key)) return null;
    const reading = views.get(key) ?? decode(ordinal, contentDigest);
    // The newest ones are the last ones.
    views.delete(key);
    views.set(key, reading);
    for (const oldest of views.keys()) if (views.size > CACHED_VIEWS) views.delete(oldest);
    const view = await reading;
    if (view === null) unreadable.add(key);
    return view;
  };
};
