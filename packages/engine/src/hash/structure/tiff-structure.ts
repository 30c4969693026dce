import { faulty, SOUND, type Structure } from "./structure.ts";
import { TiffDirectories } from "./tiff-directories.ts";

/** Tag that says what a page is for, and the bit that it is a smaller copy of another one. */
const KIND = [254];
const IS_REDUCED = 1;

/** A TIFF file: the data of every page are within the file. Its parts may be anywhere, so it has no end to look behind. */
export const tiffStructure = (file: Buffer): Structure => {
  const directories = new TiffDirectories(file);
  let pages = 0;
  for (const page of directories.pages()) {
    if (page === null) return faulty(true, "a page is missing");
    const data = directories.data(page);
    if (data === null) return faulty(true, "a page is not whole");
    if (data.some(({ end }) => end > file.length)) return faulty(true, "picture data are missing");
    if (((directories.values(page, KIND)?.[0] ?? 0) & IS_REDUCED) === 0) pages += 1;
  }
  return directories.areShared ? { ...faulty(false, "its pages share their parts"), pages } : { ...SOUND, pages };
};
