import { z } from "zod";
import type { Mount } from "../image/missing-images.ts";
import { oneLine } from "../primitives/text.ts";

const MAX_KEY_CHARACTERS = 64;
/** Distinct keys of a count; the rest is counted together, so that files with random extensions fit a message. */
const MAX_KEYS = 200;
const MAX_DETAIL_CHARACTERS = 120;
const OTHER = "(other)";
/** Unreadable folders and files that are named; each is also a failed image of the job. */
const MAX_NAMED = 100;

const Counts = z.record(z.string(), z.int().min(0));

/**
 * Every regular file under a source's root, by what became of it. `total` is the sum of the others, and the number that
 * `find ROOT -type f | wc -l` prints.
 */
export const FileCounts = z.object({
  total: z.int().min(0).meta({ description: "Regular files under the root: the sum of the six classes" }),
  images: z
    .int()
    .min(0)
    .meta({ description: "Listed as images; those that could not be hashed are among the failures" }),
  companions: Counts.meta({ description: "Files that belong to a picture beside them, by extension" }),
  unsupported: Counts.meta({ description: "Pictures of formats that can't be decoded, by format" }),
  notImages: Counts.meta({ description: "By extension" }),
  excluded: Counts.meta({ description: "Left out on purpose, by rule" }),
  unreadable: z.int().min(0).meta({ description: "Files whose content or properties can't be read" }),
  unreadablePaths: z
    .array(z.object({ path: z.string(), detail: z.string() }))
    .meta({ description: "The first unreadable files, and folders whose files nobody could count" }),
  notFiles: Counts.meta({ description: "Links, pipes, sockets and devices: not part of the total" }),
});
export type FileCounts = z.infer<typeof FileCounts>;

/** What became of a file that is no listed image and was not excluded. */
export const UnlistedClass = z.enum(["companion", "unsupported", "not-an-image", "unreadable"]);
export type UnlistedClass = z.infer<typeof UnlistedClass>;

/** A file that was found and not listed, with its extension, format or problem. */
export const UnlistedFile = z.object({ path: z.string(), class: UnlistedClass, detail: z.string() });
export type UnlistedFile = z.infer<typeof UnlistedFile>;

/** Unlisted files whose names are remembered: more would fill the memory of a walk over a whole disk. */
const MAX_UNLISTED = 100_000;

/** Mounts that are remembered: some systems show each snapshot as one. */
const MAX_MOUNTS = 100;

/** Counts a walk's files, and remembers on which devices they are. */
export class FileTally {
  #images = 0;
  #unreadable = 0;
  readonly #companions = new Map<string, number>();
  readonly #unsupported = new Map<string, number>();
  readonly #notImages = new Map<string, number>();
  readonly #excluded = new Map<string, number>();
  readonly #notFiles = new Map<string, number>();
  readonly #unreadablePaths: FileCounts["unreadablePaths"] = [];
  /** Folders and files that were looked at: it grows as long as the walk makes progress. */
  looked = 0;
  readonly #unlisted: UnlistedFile[] = [];
  readonly #mounts: Mount[] = [];

  /** The files that are not listed, by their paths: a walk looks at many files at the same time. */
  get unlisted(): UnlistedFile[] {
    return this.#unlisted.toSorted((a, b) => (a.path < b.path ? -1 : 1));
  }

  addImage(): void {
    this.#images += 1;
  }

  /** @param rule the rule that excludes the file */
  addExcluded(rule: string): void {
    increment(this.#excluded, rule);
  }

  /** A link, a pipe, a socket or a device. */
  addNotFile(kind: string): void {
    increment(this.#notFiles, kind);
  }

  /** A file that is not listed. @param detail its extension, format or problem */
  addUnlisted(path: string, unlistedClass: UnlistedClass, detail: string): void {
    switch (unlistedClass) {
      case "companion":
        increment(this.#companions, detail);
        break;
      case "unsupported":
        increment(this.#unsupported, detail);
        break;
      case "not-an-image":
        increment(this.#notImages, detail);
        break;
      case "unreadable":
        this.#unreadable += 1;
        this.nameUnreadable(path, detail);
        break;
    }
    if (this.#unlisted.length < MAX_UNLISTED)
      this.#unlisted.push({ path, class: unlistedClass, detail: oneLine(detail, MAX_DETAIL_CHARACTERS) });
  }

  /** A folder whose files can't be counted, by its name alone, or a file that is counted elsewhere. */
  nameUnreadable(path: string, detail: string): void {
    if (this.#unreadablePaths.length < MAX_NAMED)
      this.#unreadablePaths.push({ path: path.toWellFormed(), detail: oneLine(detail, MAX_DETAIL_CHARACTERS) });
  }

  /** A folder whose device is another one than that of the folder above it, or the root. */
  addMount(path: string, device: string): void {
    if (this.#mounts.length < MAX_MOUNTS) this.#mounts.push({ path: path.toWellFormed(), device });
  }

  get mounts(): Mount[] {
    return this.#mounts;
  }

  counts(): FileCounts {
    const companions = Object.fromEntries(this.#companions);
    const unsupported = Object.fromEntries(this.#unsupported);
    const notImages = Object.fromEntries(this.#notImages);
    const excluded = Object.fromEntries(this.#excluded);
    const unlisted = sumOf(companions) + sumOf(unsupported) + sumOf(notImages) + sumOf(excluded);
    return {
      total: this.#images + this.#unreadable + unlisted,
      images: this.#images,
      companions,
      unsupported,
      notImages,
      excluded,
      unreadable: this.#unreadable,
      unreadablePaths: this.#unreadablePaths,
      notFiles: Object.fromEntries(this.#notFiles),
    };
  }
}

const increment = (counts: Map<string, number>, name: string): void => {
  const known = oneLine(name, MAX_KEY_CHARACTERS);
  const key = counts.has(known) || counts.size < MAX_KEYS ? known : OTHER;
  counts.set(key, (counts.get(key) ?? 0) + 1);
};

export const sumOf = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((sum, count) => sum + count, 0);

/** As in `1,234 files: 1,000 images, 120 companions (mov 20, xmp 100), 14 not images (pdf 4, txt 10)`; what is 0 is left out. */
export const fileCountsText = (counts: FileCounts): string => {
  const { total, images, unreadable } = counts;
  const parts = [
    `${images.toLocaleString("en")} image${images === 1 ? "" : "s"}`,
    partText(counts.companions, "companion files"),
    partText(counts.unsupported, "unsupported"),
    partText(counts.notImages, "not images"),
    partText(counts.excluded, "excluded"),
    unreadable === 0 ? "" : `${unreadable.toLocaleString("en")} unreadable`,
  ];
  return `${total.toLocaleString("en")} file${total === 1 ? "" : "s"}: ${parts.filter((part) => part !== "").join(", ")}`;
};

const partText = (counts: Readonly<Record<string, number>>, name: string): string => {
  const sum = sumOf(counts);
  if (sum === 0) return "";
  const largestFirst = Object.entries(counts).toSorted(([, a], [, b]) => b - a);
  const names = largestFirst.map(([key, count]) => `${key} ${count.toLocaleString("en")}`);
  return `${sum.toLocaleString("en")} ${name} (${names.join(", ")})`;
};
