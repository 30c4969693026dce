import { z } from "zod";
import { oneLine } from "../primitives/text.ts";
import { folderOf } from "./file-name.ts";

const MISSING_SHARE = 0.2;
const MISSING_IMAGES = 50;

/** Whether so many images are missing that their disk is more likely away than that they were deleted. */
export const areTooManyMissing = (missing: number, images: number): boolean =>
  missing > MISSING_IMAGES && missing > images * MISSING_SHARE;

/** A folder on another device than the folder above it: a disk or share is mounted there. The path of the root is empty. */
export const Mount = z.object({ path: z.string(), device: z.string() });
export type Mount = z.infer<typeof Mount>;

/** What a walk that misses images says about the reason. */
export interface WalkClues {
  /** Whether the source is a folder of a file system. */
  readonly isFolder: boolean;
  /** Whether it has found no file at all. */
  readonly isEmpty: boolean;
  readonly mounts: readonly Mount[];
  /** The mounts of the last scan that was completed. */
  readonly mountsBefore: readonly Mount[];
  /** Folders and files that could not be read. */
  readonly unreadable: readonly { readonly path: string; readonly detail: string }[];
}

/** Where missing images were, and so why they are likely missing. */
export class MissingImages {
  readonly #clues: WalkClues;
  /** What is wrong with folders, and how many of the images were in each. */
  readonly #places: { readonly path: string; readonly problem: string; images: number }[];
  #count = 0;
  #unreadable = 0;
  /** The folder that all of them were in, with a slash at its end. */
  #common: string | null = null;

  constructor(clues: WalkClues) {
    this.#clues = clues;
    this.#places = placesOf(clues).map((place) => ({ ...place, images: 0 }));
  }

  get count(): number {
    return this.#count;
  }

  add(name: string): void {
    const path = name.toWellFormed();
    this.#count += 1;
    this.#common = this.#common === null ? folderOf(path) : commonFolder(this.#common, path);
    const place = this.#places.find((folder) => path.startsWith(`${folder.path}/`));
    if (place !== undefined) place.images += 1;
  }

  /** An image whose file is there, and of which nothing can be read. */
  addUnreadable(name: string): void {
    this.add(name);
    this.#unreadable += 1;
  }

  /** Why a job stops that has found far fewer images than the one before: whoever unmounts a disk has not deleted its pictures. */
  refusal(images: number): string {
    return `${this.#count} of ${images} known images are missing. ${this.#cause(images)} They stay known, with their groups and decisions. If they were deleted, scan again with acceptMissing (--accept-missing).`;
  }

  #cause(images: number): string {
    const { isFolder, isEmpty, unreadable } = this.#clues;
    if (this.#unreadable > 0)
      return `${this.#unreadable} are there, but can't be read${unreadable[0] === undefined ? "" : ` (${unreadable[0].detail})`}: is a disk or share failing?`;
    if (!isFolder)
      return this.#count >= images ? "The source has none of them." : `${this.#placeText()}Is a part of it away?`;
    const hasOtherDevice = isOtherDevice(this.#clues);
    if (hasOtherDevice && isEmpty)
      return "The folder is empty, and on another device than at the last scan: its disk or share is not mounted.";
    if (hasOtherDevice)
      return "The folder is on another device than at the last scan: another disk or share is mounted there, or none.";
    if (isEmpty) return "The folder is empty: is its disk or share mounted?";
    const places = this.#places.filter((place) => place.images > 0).toSorted((a, b) => b.images - a.images);
    if (places.length > 0)
      return places
        .slice(0, NAMED_PLACES)
        .map(({ path, problem, images }) => `${images} were in ${nameOf(path)}, ${problem}.`)
        .join(" ");
    if (this.#count >= images) return "The folder has none of them: is its disk or share mounted?";
    return `${this.#placeText()}Is a disk, share or subfolder away?`;
  }

  #placeText(): string {
    return this.#common === null || this.#common === "" ? "" : `All were in ${nameOf(this.#common.slice(0, -1))}. `;
  }
}

const NAMED_PLACES = 3;
const MAX_NAME_CHARACTERS = 200;

const nameOf = (path: string): string => JSON.stringify(oneLine(path, MAX_NAME_CHARACTERS));

const deviceOf = (mounts: readonly Mount[], path: string): string | undefined =>
  mounts.find((mount) => mount.path === path)?.device;

const isOtherDevice = ({ mounts, mountsBefore }: WalkClues): boolean => {
  const before = deviceOf(mountsBefore, "");
  return before !== undefined && before !== deviceOf(mounts, "");
};

/** Folders that explain why images in them are missing. A folder comes before those that it is in. */
const placesOf = ({ mounts, mountsBefore, unreadable }: WalkClues): { path: string; problem: string }[] => {
  const changed = mountsBefore.flatMap(({ path, device }) => {
    const now = deviceOf(mounts, path);
    if (path === "" || now === device) return [];
    const problem =
      now === undefined
        ? "where another disk or share was mounted at the last scan, and is not mounted now"
        : "which is on another device than at the last scan";
    return [{ path, problem }];
  });
  const closed = unreadable.map(({ path, detail }) => ({ path, problem: `which can't be read (${detail})` }));
  return [...closed, ...changed].toSorted((a, b) => b.path.length - a.path.length);
};

/** The folder that both a folder and a path are in, with a slash at its end. */
const commonFolder = (folder: string, path: string): string => {
  let common = folder;
  while (!path.startsWith(common)) common = folderOf(common.slice(0, -1));
  return common;
};
