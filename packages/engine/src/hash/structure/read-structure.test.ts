import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { readStructure } from "./read-structure.ts";

const picture = sharp({
  create: { width: 64, height: 48, channels: 3, background: "#468", noise: { type: "gaussian", mean: 128, sigma: 40 } },
});
const thumbnail = await picture.clone().resize(16).jpeg().toBuffer();
const files: [string, Buffer][] = [
  ["JPEG", await picture.clone().jpeg().toBuffer()],
  ["progressive JPEG", await picture.clone().jpeg({ progressive: true }).toBuffer()],
  [
    "JPEG with a whole JPEG in its EXIF block",
    await picture.clone().withXmp(thumbnail.toString("latin1")).jpeg().toBuffer(),
  ],
  ["PNG", await picture.clone().png().toBuffer()],
  ["WebP", await picture.clone().webp().toBuffer()],
  ["GIF", await picture.clone().gif().toBuffer()],
  ["AVIF", await picture.clone().avif({ effort: 0 }).toBuffer()],
];
const faultOf = (file: Buffer) => readStructure(file)?.fault ?? null;

describe.each(files)("a %s", (_, file) => {
  it("is sound, and cut short wherever it is cut", () => {
    expect(faultOf(file)).toBeNull();
    for (let length = 32; length < file.length; length += 7)
      expect([length, faultOf(file.subarray(0, length))?.isCut]).toEqual([length, true]);
  });
});

it.each(files)("a %s with unknown bytes after its end is damaged", (_, file) => {
  for (const more of [Buffer.alloc(4_096), Buffer.from("and something more")])
    expect(faultOf(Buffer.concat([file, more]))).toMatchObject({ isCut: false });
});

it("a TIFF is cut short where a page or its data are outside the file", async () => {
  const file = await picture.clone().tiff({ compression: "lzw" }).toBuffer();
  expect(faultOf(file)).toBeNull();
  expect(faultOf(file.subarray(0, file.length / 2))).toMatchObject({ isCut: true });
});

it("a PNG with a wrong byte is damaged", () => {
  const png = Buffer.from(files[3]?.[1] ?? []);
  png[500] = (png[500] ?? 0) ^ 1;
  expect(faultOf(png)).toEqual({ isCut: false, text: "the checksum of a part does not fit" });
});

describe("after a JPEG's end", () => {
  const jpeg = files[0]?.[1] ?? Buffer.alloc(0);
  const film = Buffer.concat([
    Buffer.from([0, 0, 0, 24]),
    Buffer.from("ftypmp42"),
    Buffer.alloc(12),
    Buffer.alloc(500),
  ]);

  it("a film is known: a motion photo", () => {
    expect(readStructure(Buffer.concat([jpeg, film]))).toMatchObject({
      fault: null,
      hasFilm: true,
      restFrom: jpeg.length,
    });
  });

  it("a film that is cut short is damage", () => {
    const whole = Buffer.concat([
      film.subarray(0, 24),
      Buffer.from([0, 0, 1, 8]),
      Buffer.from("mdat"),
      Buffer.alloc(256),
    ]);
    expect(faultOf(Buffer.concat([jpeg, whole]))).toBeNull();
    expect(faultOf(Buffer.concat([jpeg, whole.subarray(0, -20)]))).toMatchObject({ isCut: true });
  });

  it("a second picture is known where the header declares it", () => {
    expect(faultOf(Buffer.concat([jpeg, jpeg]))).not.toBeNull();
    expect(faultOf(Buffer.concat([jpeg, Buffer.alloc(100), thumbnail]))).toBeNull();
    expect(readStructure(withPictures(jpeg, [0x020002, thumbnail]))).toMatchObject({ fault: null, pages: 2 });
    expect(readStructure(withPictures(jpeg, [0x010001, thumbnail]))).toMatchObject({ fault: null, pages: 1 });
    expect(faultOf(withPictures(jpeg, [0x020002, thumbnail.subarray(0, -2)]))).toMatchObject({ isCut: true });
  });

  it("the end of a line, or a few zeros, say nothing", () => {
    expect(faultOf(Buffer.concat([jpeg, Buffer.from("\r\n")]))).toBeNull();
  });
});

it("another format says nothing", () => {
  expect(readStructure(Buffer.from("no picture at all"))).toBeNull();
});

/** A JPEG with a second picture after it, and a header that says so (CIPA DC-007). */
const withPictures = (jpeg: Buffer, [kind, other]: [number, Buffer]): Buffer => {
  const mpf = Buffer.alloc(4 + 8 + 2 + 12 + 4 + 32);
  mpf.write("MPF\0MM\0*", "latin1");
  mpf.writeUInt32BE(8, 8);
  mpf.writeUInt16BE(1, 12);
  mpf.writeUInt16BE(0xb002, 14);
  mpf.writeUInt16BE(7, 16);
  mpf.writeUInt32BE(32, 18);
  mpf.writeUInt32BE(26, 22);
  mpf.writeUInt32BE(0x030000, 30);
  mpf.writeUInt32BE(kind, 46);
  const header = Buffer.from([0xff, 0xe2, 0, mpf.length + 2]);
  return Buffer.concat([jpeg.subarray(0, 2), header, mpf, jpeg.subarray(2), other]);
};
