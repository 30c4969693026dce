import type { BigIntStats } from "node:fs";
import { type FileHandle, rename, statfs, unlink } from "node:fs/promises";
import { sha256Of } from "@lookalike/shared/sources/file-digest";
import { openFileAt, type Place, pathOf } from "@lookalike/shared/sources/folder-handle";
import { type Copy, copyFileTo, removePart } from "./copy-file.ts";
import { digestAt, isSameFile, linkTo, MoveRefused, removeAt, statAt, syncFolder } from "./place.ts";

/** A move of one file. */
export interface Move extends Omit<Copy, "sha256"> {
  readonly from: Place;
  /** What the file must be, in hexadecimal; null = whatever it is. */
  readonly sha256: string | null;
}

/**
 * Moves a file to a name that no file has yet, also to another disk. At every moment the whole file has one of the two
 * names; after a crash, a second call completes the move. Nothing else loses a name: not a file that takes the old name
 * while this one is moved, nor one that has the new name.
 * @param verify called with what the open file is before its old name is removed; throws where it must stay
 * @returns the bytes of the disk that the old name no longer uses: 0 where the file has other names, or stays on the disk
 * @throws MoveRefused or the system's error: then the file has its old name, and the new name is free.
 * Where another process may work on the archive, what `requireHeld` throws: that process completes the move
 */
export const moveFile = async (
  move: Move,
  verify: (stats: BigIntStats, sha256: string) => Promise<void>,
): Promise<number> => {
  const { from, to, spareName, requireHeld } = move;
  await putBack(from, spareName);
  await removePart(move);
  const file = await openFileAt(from);
  try {
    const stats = await file.stat({ bigint: true });
    if (!stats.isFile()) throw new MoveRefused("there is no regular file under that name");
    // Without this, a full disk would have every file that is left read and copied in part.
    if (!(await hasRoom(move, stats))) throw new MoveRefused("the disk is full");
    const sha256 = await sha256Of(file);
    if (move.sha256 !== null && sha256 !== move.sha256)
      throw new MoveRefused("its bytes are not the ones that were read");
    await verify(stats, sha256);
    const isNew = await nameFile({ ...move, sha256 }, file, stats);
    await requireHeld();
    try {
      await syncFolder(to.folder);
      await removeName(from, spareName, file, stats);
    } catch (error) {
      if (isNew && (await statAt(from)) !== null) await removeAt(to);
      throw error;
    }
    await syncFolder(from.folder);
    const isOnSameDisk = (await statAt(to))?.dev === stats.dev;
    return isOnSameDisk || stats.nlink > 1n ? 0 : Number(stats.blocks) * 512;
  } finally {
    await file.close();
  }
};

/** Whether the disk that gets the file has the space that the file uses; another disk may still need more. */
const hasRoom = async ({ to, twin }: Move, stats: BigIntStats): Promise<boolean> => {
  if (twin !== null || (await to.folder.handle.stat({ bigint: true })).dev === stats.dev) return true;
  if ((await statAt(to)) !== null) return true;
  const { bavail, bsize } = await statfs(to.folder.path, { bigint: true });
  const used = stats.blocks * 512n;
  return (used < stats.size ? used : stats.size) <= bavail * bsize;
};

/** Gives the file its new name. @returns false where it has the name since an earlier move that did not end */
const nameFile = async (move: Copy & Pick<Move, "from">, file: FileHandle, stats: BigIntStats): Promise<boolean> => {
  const { from, to, sha256 } = move;
  const existing = await statAt(to);
  if (existing !== null) {
    if (existing.isFile() && (isSameFile(existing, stats) || (await digestAt(to)) === sha256)) return false;
    throw new MoveRefused("there is another file under that name");
  }
  if (!(await linkTo(from, to))) {
    await copyFileTo(move, file, stats);
    return true;
  }
  const linked = await statAt(to);
  if (linked !== null && isSameFile(linked, stats)) return true;
  await removeAt(to);
  throw new MoveRefused("another file took its name while it was moved");
};

/**
 * Removes a name only if it is the open file's: another program may save another file under it at any moment. The name
 * is first changed to one that no other program uses, and what has that one is looked at.
 */
export const removeName = async (
  place: Place,
  spareName: Buffer,
  file: FileHandle,
  before: BigIntStats,
): Promise<void> => {
  const aside = asideOf(place, spareName);
  await rename(pathOf(place), pathOf(aside));
  const renamed = await statAt(aside);
  const now = await file.stat({ bigint: true });
  const isUnchanged = now.size === before.size && now.mtimeNs === before.mtimeNs;
  if (renamed !== null && isSameFile(renamed, before) && isUnchanged) {
    await unlink(pathOf(aside));
    return;
  }
  await putBack(place, spareName);
  throw new MoveRefused("it was changed while it was moved");
};

/** Gives a file its name again that {@link removeName} changed before a crash. */
export const putBack = async (place: Place, spareName: Buffer): Promise<void> => {
  const aside = asideOf(place, spareName);
  const left = await statAt(aside);
  if (left === null) return;
  const taken = await statAt(place);
  if (taken === null) {
    if (await linkTo(aside, place)) await unlink(pathOf(aside));
    else await rename(pathOf(aside), pathOf(place));
    return;
  }
  if (!isSameFile(taken, left)) throw new MoveRefused(`an earlier move left ${aside.name.toString()} in its folder`);
  await unlink(pathOf(aside));
};

const asideOf = ({ folder }: Place, spareName: Buffer): Place => ({
  folder,
  name: Buffer.concat([spareName, Buffer.from(".aside")]),
});
