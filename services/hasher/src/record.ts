import type { ListedImage } from "@lookalike/shared/domain/events";
import { imagesListed } from "@lookalike/shared/runtime/metrics";
import { appendFound, type FoundImage, type Listed, type Listing } from "@lookalike/shared/store/listing";
import type { Store } from "@lookalike/shared/store/open";
import pMap from "p-map";
import { readAhead } from "./read-ahead.ts";
import type { Tell } from "./tell.ts";

const FOUND_A_BATCH = 5_000;
const ROWS_AN_EVENT = 250;
const ORDINALS_AN_EVENT = 10_000;
const EVENTS_IN_FLIGHT = 8;

/**
 * Numbers and stores what a walk finds, and tells it to the log: while one part is told the next is
 * stored, and the one after that is read.
 * @returns false when the job no longer lists
 */
export const record = async (
  store: Store,
  tell: Tell,
  listing: Listing,
  images: AsyncIterable<FoundImage>,
): Promise<boolean> => {
  async function* stored(): AsyncGenerator<Listed | null> {
    for await (const found of readAhead(batches(images, FOUND_A_BATCH))) {
      yield await appendFound(store, listing, found);
      imagesListed.inc(found.length);
    }
  }
  for await (const listed of readAhead(stored())) {
    if (listed === null) return false;
    // Tombstones first: a changed image's new row has the path of its old one.
    await tellVanished(tell, listed.replaced);
    await tellListed(tell, listed.images);
  }
  return true;
};

export const tellListed = async (tell: Tell, images: readonly ListedImage[]): Promise<void> => {
  await pMap(
    chunks(images, ROWS_AN_EVENT),
    (rows) => tell("images-listed", spanOf(rows.map(({ ordinal }) => ordinal)), { images: rows }),
    { concurrency: EVENTS_IN_FLIGHT },
  );
};

export const tellVanished = async (tell: Tell, ordinals: readonly number[]): Promise<void> => {
  for (const some of chunks(ordinals, ORDINALS_AN_EVENT))
    await tell("images-vanished", spanOf(some), { ordinals: some });
};

/** Tells an event's images from those of another one, also where a second walk cuts them otherwise. */
const spanOf = (ordinals: readonly number[]): string => `${ordinals[0]}-${ordinals.at(-1)}-${ordinals.length}`;

const chunks = <Item>(items: readonly Item[], size: number): Item[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, at) => items.slice(at * size, (at + 1) * size));

async function* batches<Item>(items: AsyncIterable<Item>, size: number): AsyncGenerator<Item[]> {
  let batch: Item[] = [];
  for await (const item of items) {
    batch.push(item);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
