import sharp, { type Sharp } from "sharp";
import { exifBlock } from "../../../packages/engine/src/evidence/exif-block.fixtures.ts";
import { seedPictures } from "../hostile-images/seeds.ts";
import { drawScene } from "../scene.ts";

/** How a picture of the golden values is drawn, by its name. */
export type Golden = Readonly<Record<string, () => Promise<Buffer>>>;

const WIDTH = 144;
const HEIGHT = 108;

const scene = (number: number, width = WIDTH, height = HEIGHT): Sharp =>
  sharp(drawScene(number, width, height), { raw: { width, height, channels: 3 } });

/** A scene cut out where its middle is, on transparent ground. */
const cutOut = (number: number): Sharp =>
  scene(number)
    .ensureAlpha()
    .composite([
      {
        input: Buffer.from(`<svg width="${WIDTH}" height="${HEIGHT}"><ellipse cx="72" cy="54" rx="60" ry="40"/></svg>`),
        blend: "dest-in",
      },
    ]);

/** A drawing of sharp edges: rows of strokes as of writing, or windows as of a screen. */
const drawing = (content: string, background = "#fff"): Sharp =>
  sharp(
    Buffer.from(
      `<svg xmlns="http://www.w3.org/2000/svg" width="240" height="160"><rect width="240" height="160" fill="${background}"/>${content}</svg>`,
    ),
  ).removeAlpha();

const strokes = Array.from({ length: 12 }, (_, row) =>
  Array.from({ length: 36 }, (_, letter) => {
    const [x, y] = [14 + letter * 6, 8 + row * 12];
    return (row * 7 + letter * 5) % 6 === 0
      ? ""
      : `<path d="M${x} ${y}v7m0 -${1 + ((row + letter) % 5)}h4" stroke="#000"/>`;
  }).join(""),
).join("");

const windows = `<rect width="240" height="12" fill="#345"/><rect x="8" y="20" width="140" height="120" fill="#fff"/>
  <rect x="8" y="20" width="140" height="10" fill="#68a"/><rect x="160" y="30" width="70" height="50" fill="#fed"/>
  <rect x="160" y="90" width="70" height="60" fill="#dfd"/><path d="M20 50h100m-100 12h80m-80 12h110m-110 12h60" stroke="#222" stroke-width="3"/>`;

const segment = (marker: number, body: Buffer): Buffer =>
  Buffer.concat([Buffer.from([0xff, marker, (body.length + 2) >> 8, (body.length + 2) & 255]), body]);

/** A JPEG with segments after its first marker. */
const withSegments = (jpeg: Buffer, ...segments: Buffer[]): Buffer =>
  Buffer.concat([jpeg.subarray(0, 2), ...segments, jpeg.subarray(2)]);

const APP1 = 0xe1;
const APP2 = 0xe2;
const exifSegment = (block: Buffer): Buffer => segment(APP1, Buffer.concat([Buffer.from("Exif\0\0"), block]));
const xmp = (attributes: string): Buffer =>
  Buffer.from(`<x:xmpmeta><rdf:Description xmlns:xmp="http://ns.adobe.com/xap/1.0/" ${attributes}/></x:xmpmeta>`);
const xmpSegment = (attributes: string): Buffer =>
  segment(APP1, Buffer.concat([Buffer.from("http://ns.adobe.com/xap/1.0/\0"), xmp(attributes)]));

/** A camera's EXIF block with every field that evidence has. */
const CAMERA = exifBlock(
  {
    271: "Canon",
    272: "EOS 80D",
    274: { short: 1 },
    305: "Firmware 1.0.3",
    306: "2024:05:03 09:00:00",
    18246: { short: 3 },
  },
  {
    36867: "2024:05:02 07:08:09",
    36868: "2024:05:02 07:08:10",
    36881: "+02:00",
    37521: "25",
    42016: "0123456789abcdef0123456789abcdef",
    42033: "082024001234",
    42036: "EF-S18-135mm f/3.5-5.6 IS USM",
    42037: "0000451f8a",
  },
  {
    1: "N",
    2: {
      quotients: [
        [48, 1],
        [12, 1],
        [3_456, 100],
      ],
    },
    3: "E",
    4: {
      quotients: [
        [16, 1],
        [22, 1],
        [1_234, 100],
      ],
    },
    5: Uint8Array.of(0),
    6: { quotients: [[1_715, 10]] },
    7: {
      quotients: [
        [5, 1],
        [8, 1],
        [9, 1],
      ],
    },
    29: "2024:05:02",
  },
);

/** An EXIF block with a preview, which its second directory describes. */
const PREVIEW = (() => {
  const block = exifBlock({ 271: "Canon" });
  const joined = Buffer.concat([block, exifBlock({ 513: { short: 100 }, 514: { short: 20 } }).subarray(8)]);
  joined.writeUInt32LE(block.length, 8 + 2 + 3 * 12);
  return joined;
})();

const box = (type: string, content: Buffer): Buffer => {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(8 + content.length);
  head.write(type, 4, "latin1");
  return Buffer.concat([head, content]);
};
const FILM = Buffer.concat([box("ftyp", Buffer.from("mp42\0\0\0\0mp42", "latin1")), box("mdat", Buffer.alloc(64, 1))]);

const jpeg = (number: number, quality = 80): Promise<Buffer> => scene(number).jpeg({ quality }).toBuffer();

const turnedJpegs: Golden = Object.fromEntries(
  [2, 3, 4, 5, 6, 7, 8].map((orientation) => [
    `orientation-${orientation}.jpg`,
    async () => withSegments(await jpeg(20, 60), exifSegment(exifBlock({ 274: { short: orientation } }))),
  ]),
);

/** Pictures that are drawn here; those of `seedPictures` have every other format. */
const DRAWN: Golden = {
  "quality-10.jpg": () => jpeg(1, 10),
  "quality-50.jpg": () => jpeg(1, 50),
  "quality-95.jpg": () => jpeg(1, 95),
  "quality-100-444.jpg": () => scene(2, 96, 72).jpeg({ quality: 100, chromaSubsampling: "4:4:4" }).toBuffer(),
  "mozjpeg.jpg": () => scene(3).jpeg({ quality: 70, mozjpeg: true }).toBuffer(),
  "grey.jpg": () => scene(4).toColourspace("b-w").jpeg({ quality: 80 }).toBuffer(),
  "adobe-cmyk.jpg": () => scene(5).toColourspace("cmyk").jpeg({ quality: 60 }).toBuffer(),
  "halved.jpg": () => scene(6, 1_030, 24).jpeg({ quality: 60 }).toBuffer(),
  "eighth.jpg": () => scene(7, 4_200, 12).jpeg({ quality: 30 }).toBuffer(),
  "just-512.jpg": () => scene(8, 512, 40).jpeg({ quality: 60 }).toBuffer(),
  "just-513.jpg": () => scene(8, 513, 40).jpeg({ quality: 60 }).toBuffer(),
  "one-pixel.jpg": () => scene(9, 1, 1).jpeg().toBuffer(),
  "one-column.jpg": () => scene(9, 1, 90).jpeg().toBuffer(),
  "flat.jpg": () =>
    sharp({ create: { width: 60, height: 40, channels: 3, background: "#468" } })
      .jpeg()
      .toBuffer(),
  "camera.jpg": async () => withSegments(await jpeg(10), exifSegment(CAMERA)),
  "preview.jpg": async () => withSegments(await jpeg(11), exifSegment(PREVIEW)),
  "broken-exif.jpg": async () => withSegments(await jpeg(11), exifSegment(CAMERA.subarray(0, 90))),
  "rating.jpg": async () => withSegments(await jpeg(12), xmpSegment('xmp:Rating="4"')),
  "gain-map.jpg": async () => withSegments(await jpeg(12), xmpSegment('hdrgm:Version="1.0"')),
  "gain-map-iso.jpg": async () =>
    withSegments(await jpeg(12), segment(APP2, Buffer.from("urn:iso:std:iso:ts:21496:-1\0\0\0\0\0"))),
  "profile.jpg": () => scene(13).withIccProfile("p3").jpeg({ quality: 70 }).toBuffer(),
  "motion-photo.jpg": async () => Buffer.concat([await jpeg(14), FILM]),
  "cut.jpg": async () => {
    const whole = await jpeg(15);
    return whole.subarray(0, whole.length * 0.8);
  },
  "half-missing.jpg": async () => {
    const whole = await jpeg(15);
    return whole.subarray(0, whole.length * 0.3);
  },
  "no-picture.jpg": async () => Buffer.from("no picture"),
  ...turnedJpegs,
  "upscaled.png": () => scene(16, 48, 36).resize(144, 108, { kernel: "nearest" }).png().toBuffer(),
  "decoded-jpeg.png": async () =>
    sharp(await scene(17, 96, 72).jpeg({ quality: 20 }).toBuffer())
      .png()
      .toBuffer(),
  "transparent.png": () => cutOut(18).png({ palette: true }).toBuffer(),
  "grey-16.png": () => scene(18, 64, 48).toColourspace("grey16").png().toBuffer(),
  "one-bit.png": () => scene(19).threshold(128).png({ palette: true, colours: 2 }).toBuffer(),
  "rating.png": () => scene(19, 64, 48).withXmp(xmp('xmp:Rating="2"').toString()).png().toBuffer(),
  "page.png": () => drawing(strokes).png({ palette: true, colours: 8 }).toBuffer(),
  "screen.png": () => drawing(windows, "#9bc").png({ palette: true, colours: 16 }).toBuffer(),
  "transparent.webp": () => cutOut(21).webp({ quality: 50 }).toBuffer(),
  "camera.webp": () =>
    scene(22)
      .withExif({ IFD0: { Make: "Google", Model: "Pixel 8" } })
      .withIccProfile("p3")
      .webp({ quality: 50 })
      .toBuffer(),
  "odd-size.webp": () => scene(23, 97, 61).webp({ quality: 70 }).toBuffer(),
  "transparent.gif": () => cutOut(24).gif({ colours: 16 }).toBuffer(),
  "bilevel.tif": () =>
    scene(25).threshold(128).toColourspace("b-w").tiff({ compression: "ccittfax4", bitdepth: 1 }).toBuffer(),
  "deep.tif": () => scene(26, 48, 36).toColourspace("rgb16").tiff({ compression: "deflate" }).toBuffer(),
  "ten-bit.avif": () => scene(27).avif({ quality: 40, effort: 0, bitdepth: 10 }).toBuffer(),
  "transparent.avif": () => cutOut(28).avif({ quality: 40, effort: 0 }).toBuffer(),
};

/** All pictures of the golden values: every format, way of coding and oddity. */
export const goldenPictures = async (): Promise<Golden> => ({
  ...Object.fromEntries((await seedPictures()).map(({ name, bytes }) => [name, async () => bytes])),
  ...DRAWN,
});
