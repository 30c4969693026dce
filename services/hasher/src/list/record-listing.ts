import { hash } from "node:crypto";
import type { FoundImage, ListedImage } from "@lookalike/shared/domain/image/listed-image";
import type { Listing, ListingStep, Recognized, UnrecognizedFile } from "@lookalike/shared/domain/image/listing";
import type { EventOf, JobEventType } from "@lookalike/shared/domain/job/events";
import type { UnlistedFile } from "@lookalike/shared/domain/job/file-counts";
import { imagesListed } from "@lookalike/shared/runtime/metrics";
import { appendFound } from "@lookalike/shared/store/catalog/listing";
import type { Store } from "@lookalike/shared/store/open";
import pMap from "p-map";

const ROWS_PER_EVENT = 1_000;
/** Paths and evidence of an event together, as they are written: a message has at most a megabyte. */
const CHARACTERS_PER_EVENT = 393_216;
/** An escaped name is up to six times as long. */
const CHARACTERS_PER_PATH_CHARACTER = 6;
const ORDINALS_PER_EVENT = 10_000;
const EVENTS_IN_FLIGHT = 8;

/** Publishes an event of the scan. @param part identifies the event among those of its type */
export type Emit = <Type extends JobEventType>(type: Type, part: string, body: EventOf<Type>["body"]) => Promise<void>;

/** Works when it is this listing's turn. */
export type InTurn = <Result>(work: () => Promise<Result>) => Promise<Result>;

interface Recorder {
  readonly store: Store;
  readonly emit: Emit;
  readonly inTurn: InTurn;
}

/** Finds the images of the catalog that have the content of files. */
export type Recognize = (files: readonly UnrecognizedFile[]) => Promise<Recognized>;

/**
 * Stores what a walk finds and publishes it. While one part is published the next one is stored, and the
 * one after that is read.
 * @returns why the walk stopped early, or `completed`
 */
export const recordWalk = async (
  { store, emit, inTurn }: Recorder,
  listing: Listing,
  parts: AsyncIterable<readonly FoundImage[]>,
  recognize: Recognize,
): Promise<"completed" | "stopped" | "stale-mark"> => {
  const append = async (found: readonly FoundImage[], recognized?: Recognized): Promise<Recorded> => {
    const step = await inTurn(() => appendFound(store, listing, found, recognized));
    if (step.kind !== "unrecognized") return step;
    // Another walk of this job may have changed the catalog meanwhile, and other files are then compared, too.
    return append(found, new Map([...(recognized ?? []), ...(await recognize(step.files))]));
  };
  async function* stored(): AsyncGenerator<Recorded> {
    for await (const found of readAhead(parts)) {
      yield await append(found);
      imagesListed.inc(found.length);
    }
  }
  for await (const step of readAhead(stored())) {
    if (step.kind !== "changes") return step.kind;
    // Tombstones come first, since a changed image's new row has the path of its old one.
    const { replaced, moved, listed } = step;
    await inTurn(async () => {
      await emitVanished(
        emit,
        replaced.map(({ ordinal }) => ordinal),
      );
      await emitImages(
        emit,
        "images-moved",
        moved.map(({ to }) => to),
      );
      await emitImages(emit, "images-listed", listed);
    });
  }
  return "completed";
};

type Recorded = Exclude<ListingStep, { kind: "unrecognized" }>;

export const emitImages = async (
  emit: Emit,
  type: "images-listed" | "images-moved",
  images: readonly ListedImage[],
): Promise<void> => {
  await pMap(rowsByEvent(images), (rows) => emit(type, spanOf(rows.map(({ ordinal }) => ordinal)), { images: rows }), {
    concurrency: EVENTS_IN_FLIGHT,
  });
};

export const emitVanished = async (emit: Emit, ordinals: readonly number[]): Promise<void> => {
  for (let from = 0; from < ordinals.length; from += ORDINALS_PER_EVENT) {
    const chunk = ordinals.slice(from, from + ORDINALS_PER_EVENT);
    await emit("images-vanished", spanOf(chunk), { ordinals: chunk });
  }
};

/** Identifies an event by its images, also where a second walk cuts them at other places. */
const spanOf = (ordinals: readonly number[]): string => `${ordinals[0]}-${ordinals.at(-1)}-${ordinals.length}`;

/** Publishes the files that a walk found and did not list. */
export const emitUnlisted = async (emit: Emit, files: readonly UnlistedFile[]): Promise<void> => {
  const idOf = (rows: readonly UnlistedFile[]): string =>
    hash("sha256", JSON.stringify(rows), "base64url").slice(0, 22);
  await pMap(rowsByEvent(files), (rows) => emit("files-unlisted", idOf(rows), { files: rows }), {
    concurrency: EVENTS_IN_FLIGHT,
  });
};

/** Images, or other rows with a path, by the event that carries them. */
export const rowsByEvent = <Row extends { readonly path: string; readonly givenEvidence?: Uint8Array | null }>(
  images: readonly Row[],
): Row[][] => {
  const events: Row[][] = [];
  let rows: Row[] = [];
  let characters = 0;
  for (const image of images) {
    const { path, givenEvidence } = image;
    const more = CHARACTERS_PER_PATH_CHARACTER * path.length + base64Length(givenEvidence?.length ?? 0);
    characters += more;
    if (events.length === 0 || rows.length === ROWS_PER_EVENT || characters > CHARACTERS_PER_EVENT) {
      rows = [];
      events.push(rows);
      characters = more;
    }
    rows.push(image);
  }
  return events;
};

const base64Length = (bytes: number): number => 4 * Math.ceil(bytes / 3);

/** Requests the next item while the last one is being processed. A consumer that stops early closes the source, too. */
export async function* readAhead<Item>(source: AsyncIterable<Item>): AsyncGenerator<Item> {
  const items = source[Symbol.asyncIterator]();
  try {
    for (let next = items.next(); ; ) {
      const { done, value } = await next;
      if (done === true) return;
      next = items.next();
      // Avoids an unhandled rejection; the error surfaces when the item is awaited.
      next.catch(() => undefined);
      yield value;
    }
  } finally {
    await items.return?.(undefined);
  }
}
