import { type Bombs, hex, NUL, repeated } from "./parts.ts";

export const box = (type: string, ...parts: readonly Buffer[]): Buffer => {
  const body = Buffer.concat(parts);
  const head = Buffer.alloc(8);
  head.writeUInt32BE(body.length + 8, 0);
  head.write(type, 4, "latin1");
  return Buffer.concat([head, body]);
};
const nested = (depth: number): Buffer => {
  const sizes = Buffer.alloc(depth * 8);
  for (let level = 0; level < depth; level += 1) {
    sizes.writeUInt32BE((depth - level) * 8, level * 8);
    sizes.write("dinf", level * 8 + 4, "latin1");
  }
  return sizes;
};
const size = (width: string, height: string) => box("ispe", hex(`00000000 ${width} ${height}`));
/** Items that are made of one another (ISO 23008-12): a grid of its own pictures. */
const heifOf = (kind: string, reference: Buffer, dimensions: Buffer, more: readonly Buffer[] = []): Buffer =>
  Buffer.concat([
    box("ftyp", Buffer.from("heic\0\0\0\0mif1heic", "latin1")),
    box(
      "meta",
      hex("00000000"),
      box("hdlr", hex("00000000 00000000"), Buffer.from("pict"), Buffer.alloc(13)),
      box("pitm", hex("00000000 0001")),
      box(
        "iinf",
        hex("00000000 0002"),
        ...[1, 2].map((id) => box("infe", hex("02000000"), Buffer.from([0, id, 0, 0]), Buffer.from(kind), NUL)),
      ),
      box("iref", hex("00000000"), reference),
      box("iprp", box("ipco", dimensions), box("ipma", hex("00000000 00000002 0001 01 81 0002 01 81"))),
      box(
        "iloc",
        hex("01000000 4400 0002 0001 0001 0000 0001 00000000 00000008 0002 0001 0000 0001 00000000 00000008"),
      ),
      box("idat", hex("0000 0101 0040 0040")),
      ...more,
    ),
    box("mdat", Buffer.alloc(64)),
  ]);
const inCircle = Buffer.concat([box("dimg", hex("0001 0001 0002")), box("dimg", hex("0002 0001 0001"))]);

export const heics: Bombs = {
  "pictures made of one another": () => heifOf("grid", inCircle, size("00000040", "00000040")),
  "a picture made of itself": () => heifOf("grid", box("dimg", hex("0001 0001 0001")), size("00000040", "00000040")),
  "an overlay of itself": () => heifOf("iovl", inCircle, size("00000040", "00000040")),
  "a picture that is itself, turned": () => heifOf("iden", inCircle, size("00000040", "00000040")),
  "its thumbnail's thumbnail": () =>
    heifOf(
      "hvc1",
      Buffer.concat([box("thmb", hex("0001 0001 0002")), box("thmb", hex("0002 0001 0001"))]),
      size("00000040", "00000040"),
    ),
  "a size of 2^31": () => heifOf("grid", inCircle, size("7fffffff", "7fffffff")),
  "100,000 boxes in one another": () => heifOf("grid", inCircle, size("00000040", "00000040"), [nested(100_000)]),
  "a million boxes": () =>
    Buffer.concat([heifOf("grid", inCircle, size("00000040", "00000040")), repeated(box("free"), 1_000_000)]),
  "a box of 2^63 bytes": () =>
    Buffer.concat([box("ftyp", Buffer.from("avif\0\0\0\0avif", "latin1")), hex("00000001 6d646174 7fffffffffffffff")]),
};
