import type { ListedImage } from "@lookalike/shared/domain/job/events";
import { imagesListed } from "@lookalike/shared/runtime/metrics";
import { appendFound, type FoundImage, type Listed, type Listing } from "@lookalike/shared/store/catalog/listing";
import type { Store } from "@lookalike/shared/store/open";
import pMap from "p-map";
import type { Emit } from "./emit.ts";
import { readAhead } from "./read-ahead.ts";

const ROWS_PER_EVENT = 1_000;
/** Of all paths together: what a name must be escaped with is six times as long, and a message has a megabyte. */
const PATH_CHARACTERS_PER_EVENT = 65_536;
const ORDINALS_PER_EVENT = 10_000;
const EVENTS_IN_FLIGHT = 8;

/**
 * Numbers and stores what a walk finds, and tells it to the log: while one part is told the next is
 * stored, and the one after that is read.
 * @returns false when the job no longer lists
 */
export const record = async (
  store: Store,
  tell: Emit,
  listing: Listing,
  parts: AsyncIterable<readonly FoundImage[]>,
): Promise<boolean> => {
  async function* stored(): AsyncGenerator<Listed | null> {
    for await (const found of readAhead(parts)) {
      yield await appendFound(store, listing, found);
      imagesListed.inc(found.length);
    }
  }
  for await (const listed of readAhead(stored())) {
    if (listed === null) return false;
    // Tombstones first: a changed image's new row has the path of its old one.
    await emitVanished(tell, listed.replaced);
    await emitListed(tell, listed.images);
  }
  return true;
};

export const emitListed = async (tell: Emit, images: readonly ListedImage[]): Promise<void> => {
  await pMap(
    rowsByEvent(images),
    (rows) => tell("images-listed", spanOf(rows.map(({ ordinal }) => ordinal)), { images: rows }),
    { concurrency: EVENTS_IN_FLIGHT },
  );
};

export const emitVanished = async (tell: Emit, ordinals: readonly number[]): Promise<void> => {
  for (const some of chunks(ordinals, ORDINALS_PER_EVENT))
    await tell("images-vanished", spanOf(some), { ordinals: some });
};

/** Tells an event's images from those of another one, also where a second walk cuts them otherwise. */
const spanOf = (ordinals: readonly number[]): string => `${ordinals[0]}-${ordinals.at(-1)}-${ordinals.length}`;

/** Images by the event that tells of them. */
export const rowsByEvent = (images: readonly ListedImage[]): ListedImage[][] => {
  const events: ListedImage[][] = [];
  let rows: ListedImage[] = [];
  let characters = 0;
  for (const image of images) {
    if (
      rows.length === ROWS_PER_EVENT ||
      (rows.length > 0 && characters + image.path.length > PATH_CHARACTERS_PER_EVENT)
    ) {
      events.push(rows);
      rows = [];
      characters = 0;
    }
    rows.push(image);
    characters += image.path.length;
  }
  if (rows.length > 0) events.push(rows);
  return events;
};

const chunks = <Item>(items: readonly Item[], size: number): Item[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, at) => items.slice(at * size, (at + 1) * size));
