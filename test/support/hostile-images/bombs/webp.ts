import { type Bombs, repeated } from "./parts.ts";

export const webps: Bombs = {
  "a canvas of 2^24 x 2^24": () => {
    const body = Buffer.from("WEBPVP8X\n\0\0\0\x02\0\0\0\xff\xff\xff\xff\xff\xff", "latin1");
    return riff(body);
  },
  "100,000 empty chunks": () =>
    riff(Buffer.concat([Buffer.from("WEBP"), repeated(Buffer.from("TEST\0\0\0\0"), 100_000)])),
};

const riff = (body: Buffer): Buffer => {
  const head = Buffer.from("RIFF\0\0\0\0");
  head.writeUInt32LE(body.length, 4);
  return Buffer.concat([head, body]);
};
