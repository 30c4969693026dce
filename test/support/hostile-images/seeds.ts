import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import sharp from "sharp";
import { ROOT } from "../folders.ts";

/** A file that is sound, of each format that is read. */
export interface Seed {
  readonly name: string;
  readonly bytes: Buffer;
}

const DRAWING = `<svg xmlns="http://www.w3.org/2000/svg" width="96" height="72">
  <defs><linearGradient id="g" x2="1" y2="1"><stop stop-color="#123"/><stop offset="1" stop-color="#fc8"/></linearGradient></defs>
  <rect width="96" height="72" fill="url(#g)"/><circle cx="26" cy="18" r="14" fill="#e33"/>
  <polygon points="45,70 69,22 93,70" fill="#173"/></svg>`;

/** A plain 24-bit BMP file. */
const bmpOf = (rgb: Buffer, width: number, height: number): Buffer => {
  const row = Math.ceil((width * 3) / 4) * 4;
  const bytes = Buffer.alloc(54 + row * height);
  bytes.write("BM", 0, "latin1");
  bytes.writeUInt32LE(bytes.length, 2);
  bytes.writeUInt32LE(54, 10);
  bytes.writeUInt32LE(40, 14);
  bytes.writeInt32LE(width, 18);
  bytes.writeInt32LE(height, 22);
  bytes.writeUInt16LE(1, 26);
  bytes.writeUInt16LE(24, 28);
  for (let y = 0; y < height; y += 1) rgb.copy(bytes, 54 + (height - 1 - y) * row, y * width * 3, (y + 1) * width * 3);
  return bytes;
};

/** Small pictures in every format, and every way of coding, that is read; the same ones every time. */
export const seedPictures = async (): Promise<Seed[]> => {
  const drawn = await sharp(Buffer.from(DRAWING)).png().toBuffer();
  const turned = await sharp(drawn).rotate(180).png().toBuffer();
  const image = () => sharp(drawn).removeAlpha();
  const { data, info } = await image().raw().toBuffer({ resolveWithObject: true });
  const exif = { IFD0: { Make: "Canon", Model: "EOS 80D" }, IFD2: { DateTimeOriginal: "2024:05:02 07:08:09" } };
  const frames = () => sharp([drawn, turned, drawn], { join: { animated: true } });
  const made: Record<string, Promise<Buffer>> = {
    "baseline.jpg": image().jpeg({ quality: 60 }).withExif(exif).toBuffer(),
    "progressive.jpg": image().jpeg({ quality: 60, progressive: true }).withMetadata({ orientation: 6 }).toBuffer(),
    "cmyk.jpg": image().toColourspace("cmyk").jpeg({ quality: 50 }).toBuffer(),
    "plain.png": image().png({ compressionLevel: 9 }).withExif(exif).toBuffer(),
    "deep.png": image().resize(48).toColourspace("rgb16").png().toBuffer(),
    "interlaced.png": image().png({ progressive: true, palette: true }).toBuffer(),
    "lossy.webp": image().webp({ quality: 60 }).withExif(exif).toBuffer(),
    "lossless.webp": image().webp({ lossless: true }).toBuffer(),
    "moving.webp": frames().webp({ quality: 40 }).toBuffer(),
    "still.gif": image().gif().toBuffer(),
    "moving.gif": frames().gif({ colours: 16 }).toBuffer(),
    "plain.tif": image().resize(40).tiff({ compression: "none" }).toBuffer(),
    "lzw.tif": image().tiff({ compression: "lzw", predictor: "horizontal" }).withExif(exif).toBuffer(),
    "tiled.tif": image().tiff({ compression: "deflate", tile: true, tileWidth: 32, tileHeight: 32 }).toBuffer(),
    "jpeg.tif": image().tiff({ compression: "jpeg" }).toBuffer(),
    "pages.tif": frames().tiff({ compression: "lzw" }).toBuffer(),
    "large.tif": image().tiff({ compression: "lzw", bigtiff: true }).toBuffer(),
    "plain.avif": image().avif({ quality: 40, effort: 0 }).withExif(exif).toBuffer(),
    "drawn.heic": readFile(join(ROOT, "test/fixtures", "drawn.heic")),
    "drawn.jxl": readFile(join(ROOT, "test/fixtures", "drawn.jxl")),
    "plain.bmp": Promise.resolve(bmpOf(await sharp(data, { raw: info }).resize(40, 30).raw().toBuffer(), 40, 30)),
    "drawn.svg": Promise.resolve(Buffer.from(DRAWING)),
    "drawn.svgz": Promise.resolve(gzipSync(DRAWING)),
  };
  return Promise.all(Object.entries(made).map(async ([name, bytes]) => ({ name, bytes: await bytes })));
};
