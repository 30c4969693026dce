import { bmps } from "./bombs/bmp.ts";
import { gifs } from "./bombs/gif.ts";
import { heics } from "./bombs/heic.ts";
import { jpegs } from "./bombs/jpeg.ts";
import { jxls } from "./bombs/jxl.ts";
import { pngs } from "./bombs/png.ts";
import { svgs } from "./bombs/svg.ts";
import { tiffs } from "./bombs/tiff.ts";
import { webps } from "./bombs/webp.ts";
import type { HostileImage } from "./mutations.ts";

const FORMATS = {
  png: pngs,
  jpg: jpegs,
  gif: gifs,
  tif: tiffs,
  webp: webps,
  svg: svgs,
  heic: heics,
  bmp: bmps,
  jxl: jxls,
};

/** What takes seconds to make or to decode. */
const LONG = new Set([
  "png: 900 megapixels",
  "png: 289 megapixels",
  "png: interlaced, 16 bits, 49 megapixels",
  "png: a text of 200 MB (zTXt)",
  "png: a colour profile of 200 MB (iCCP)",
  "png: a thousand texts of 8 MB (iTXt)",
  "png: EXIF of 30 MB",
  "png: a million empty chunks",
  "png: one row of 300 million",
  "jpg: 290 megapixels, progressive, of zeros",
  "jpg: a thousand scans of 16 megapixels",
  "jpg: a million tables",
  "jpg: 60 MB of comments",
  "jpg: 60 MB of EXIF",
  "jpg: a colour profile of 255 parts",
  "tif: 20,000 pages",
  "tif: 290 megapixels in a strip of a few bytes",
  "tif: a thousand pages that share a million strips",
  "tif: 250,000 tiles of 16 x 16",
  "tif: fax of one line without end",
  "svg: a hundred filters of a large area",
  "svg: 2^24 uses",
  "svg: 20 MB of a path",
  "svg: a gigabyte of blanks, packed",
  "heic: a million boxes",
  "bmp: 290 megapixels of runs",
  "jxl: a million boxes",
]);

/** Files that are made to cost far more than their size, or to have no end. */
export const bombs = (): HostileImage[] =>
  Object.entries(FORMATS).flatMap(([format, kinds]) =>
    Object.entries(kinds).map(([what, bytes]) => {
      const name = `${format}: ${what}`;
      return { name, bytes, isLong: LONG.has(name) };
    }),
  );
