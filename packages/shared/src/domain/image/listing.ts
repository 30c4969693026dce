import { z } from "zod";
import { OrdinalSet } from "../primitives/bit-set.ts";
import type { FoundImage, ListedImage } from "./listed-image.ts";

/** What is known when a walk over a catalog's source starts. */
export interface WalkStart {
  readonly catalogId: string;
  readonly jobId: string;
  /** One past the highest ordinal ever given out. */
  readonly end: number;
  /** Live images. */
  readonly images: number;
  /** Images to list again although their files are the same. */
  readonly retried: OrdinalSet;
  /** This walk resumed from a mark, so every image it finds must be new to the catalog. */
  readonly isResumed: boolean;
  /** Whether the content of a file that is not where it was, or not as it was, may be known from another place or time. */
  readonly recognizes: boolean;
  /** Whether files that look unchanged are read again, too. */
  readonly rereads: boolean;
}

/** A walk over a catalog's source on behalf of a job, and what it has found so far. */
export class Listing {
  readonly start: WalkStart;
  /** Live images that this walk has found or added. */
  readonly seen = new OrdinalSet();
  /** Those of them that an earlier job listed. */
  readonly #seenBefore = new OrdinalSet();
  /** Images that this walk has moved. */
  readonly moved = new OrdinalSet();
  #remaining: number;
  /** The ordinal from which the next known images are expected: mostly a walk finds them in the order of their ordinals. */
  nextExpected = 0;

  constructor(start: WalkStart) {
    this.start = start;
    this.#remaining = start.images;
  }

  /** Live images from before this walk that it has not found yet. At 0 every path is new, and none needs to be looked up. */
  get remaining(): number {
    return this.#remaining;
  }

  /** Images that the catalog has had since before this job, and that are still there. */
  get seenBefore(): number {
    return this.#seenBefore.size;
  }

  /** Images that this job has added. */
  get added(): number {
    return this.seen.size - this.#seenBefore.size;
  }

  /** Records that the images below `ordinal` were found where they were expected. */
  advanceTo(ordinal: number): void {
    this.nextExpected = Math.max(this.nextExpected, ordinal);
  }

  /** From now on every path is looked up. @returns false when that was so already */
  lookUpEveryPath(): boolean {
    if (this.#remaining === Number.POSITIVE_INFINITY) return false;
    this.#remaining = Number.POSITIVE_INFINITY;
    return true;
  }

  /** Records the changes that were written to the database. */
  apply({ unchanged, moved, replaced, listed }: ListingChanges): void {
    for (const { ordinal, listedIn } of [...unchanged, ...moved.map(({ from }) => from)]) {
      this.seen.add(ordinal);
      if (listedIn !== this.start.jobId) this.#seenBefore.add(ordinal);
    }
    for (const { from } of moved) this.moved.add(from.ordinal);
    for (const { ordinal } of listed) this.seen.add(ordinal);
    this.#remaining -= unchanged.length + replaced.length + moved.filter(({ from }) => from.isLive).length;
  }

  /** Those of an earlier job's images that this walk has not found. */
  unseen(ordinals: readonly number[]): number[] {
    return ordinals.filter((ordinal) => !this.#seenBefore.has(ordinal));
  }
}

/** An image of the catalog as the database has it. */
export interface KnownImage {
  readonly ordinal: number;
  readonly path: string;
  readonly fingerprint: string;
  /** The job that listed it. */
  readonly listedIn: string;
  readonly isLive: boolean;
}

/**
 * The images of the catalog that have the content of found files, by the path of the found file; null = its content is
 * new. An image keeps its ordinal, and so its hash and what was decided about it, for as long as its content is known.
 */
export type Recognized = ReadonlyMap<string, KnownImage | null>;

/** An image whose file has another path, another time or another inode, or that is there again. */
export interface MovedImage {
  readonly from: KnownImage;
  readonly to: ListedImage;
}

/** What the database says about a part of a walk, under a lock that only one walk holds at a time. */
export interface CatalogSnapshot {
  /** Whether the job is still listing. */
  readonly isListing: boolean;
  readonly blockSize: number | null;
  /** The image with the highest ordinal, live or not; null in an empty catalog. */
  readonly last: Pick<KnownImage, "ordinal" | "listedIn"> | null;
  /** Live images by path: those that the part may contain. */
  readonly known: ReadonlyMap<string, KnownImage>;
}

/** What a part of a walk changes in the catalog. */
export interface ListingChanges {
  readonly kind: "changes";
  readonly unchanged: readonly KnownImage[];
  readonly moved: readonly MovedImage[];
  /** Images whose file has changed: each becomes a tombstone, and is among `added` under a new ordinal. */
  readonly replaced: readonly KnownImage[];
  /** New rows. */
  readonly added: readonly ListedImage[];
  /** Images to publish: `added`, and those that another walk of this job has added since this one started. */
  readonly listed: readonly ListedImage[];
}

/**
 * What a part of a walk means for the catalog. `stopped`: the job no longer lists, and the walk must stop.
 * `stale-mark`: a walk that resumed from a mark found an image listed before the mark, which only a
 * walk from the start can compare. `unrecognized`: files must be compared by their content first. All three change nothing.
 */
export type ListingStep =
  | ListingChanges
  | { readonly kind: "stopped" }
  | { readonly kind: "stale-mark" }
  | { readonly kind: "unrecognized"; readonly files: readonly UnrecognizedFile[] };

/** A file whose content may be known. */
export interface UnrecognizedFile {
  readonly found: FoundImage;
  /** The image that had its path. */
  readonly known: KnownImage | null;
}

/**
 * Compares what a walk found with what the catalog has: new images get the next ordinals, unchanged and moved ones
 * keep theirs, and a changed one is replaced. The same part twice changes nothing the second time.
 * @param recognized what the content of the part's files is; it has no entry for those that were not compared yet
 */
export const compareListing = (
  { start: { jobId, end, retried, isResumed, recognizes, rereads }, seen }: Listing,
  found: readonly FoundImage[],
  { isListing, blockSize, last, known }: CatalogSnapshot,
  recognized: Recognized = new Map(),
): ListingStep => {
  if (!isListing) return { kind: "stopped" };
  const unchanged: KnownImage[] = [];
  const moved: MovedImage[] = [];
  const displaced: KnownImage[] = [];
  const added: ListedImage[] = [];
  const addedMeanwhile: ListedImage[] = [];
  const unrecognized: UnrecognizedFile[] = [];
  const paths = new Set<string>();
  const taken = new Set<number>();
  let ordinal = nextOrdinal(last, jobId, blockSize);
  for (const image of found) {
    const row = known.get(image.path) ?? null;
    if (paths.has(image.path) || (row !== null && seen.has(row.ordinal))) continue;
    paths.add(image.path);
    if (row !== null && isResumed && row.listedIn !== jobId) return { kind: "stale-mark" };
    const isRetried = row !== null && retried.has(row.ordinal) && image.failure === null;
    const looksUnchanged = row?.fingerprint === image.fingerprint && !isRetried;
    const mayBeKnown = recognizes && end > 0 && image.failure === null && (row === null || row.ordinal < end);
    if (mayBeKnown && (!looksUnchanged || rereads) && !recognized.has(image.path)) {
      unrecognized.push({ found: image, known: row });
      continue;
    }
    const content = recognized.get(image.path);
    if (row !== null && looksUnchanged && (content === undefined || content?.ordinal === row.ordinal)) {
      unchanged.push(row);
      if (row.listedIn === jobId && row.ordinal >= end) addedMeanwhile.push({ ...image, ordinal: row.ordinal });
      continue;
    }
    if (row !== null && content?.ordinal !== row.ordinal) displaced.push(row);
    if (content !== undefined && content !== null && !seen.has(content.ordinal) && !taken.has(content.ordinal)) {
      taken.add(content.ordinal);
      moved.push({ from: content, to: { ...image, ordinal: content.ordinal } });
    } else {
      added.push({ ...image, ordinal });
      ordinal += 1;
    }
  }
  if (unrecognized.length > 0) return { kind: "unrecognized", files: unrecognized };
  // Where two files have exchanged their names, each has the other's place.
  const replaced = displaced.filter((row) => !taken.has(row.ordinal));
  return { kind: "changes", unchanged, moved, replaced, added, listed: [...addedMeanwhile, ...added] };
};

/**
 * The ordinal of the next image. A job's first image starts a new block, since a block that may be
 * hashed already never grows.
 */
const nextOrdinal = (last: CatalogSnapshot["last"], jobId: string, blockSize: number | null): number => {
  if (last === null) return 0;
  const next = last.ordinal + 1;
  return last.listedIn === jobId || blockSize === null ? next : Math.ceil(next / blockSize) * blockSize;
};

/** What the last walk over a file of hashes has read, and what the catalog was then. Only that source reads it: sources/hashes.ts. */
export const ListingMark = z.object({
  /** Bytes from the file's start to the end of a line. */
  bytes: z.int().min(0),
  /** SHA-256 of these bytes, base64url. */
  sha256: z.string(),
  lines: z.int().min(0),
  /** Hexadecimal digits of every hash; null = none has been read yet. */
  hashDigits: z.int().nullable(),
  /** One past the catalog's highest ordinal. */
  end: z.int().min(0),
  /** Live images of the catalog. */
  images: z.int().min(0),
});
export type ListingMark = z.infer<typeof ListingMark>;
