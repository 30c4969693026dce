import sharp, { type Sharp } from "sharp";

/** A picture's pixels, three bytes each, row by row. */
export interface Pixels {
  readonly data: Buffer;
  readonly width: number;
  readonly height: number;
}

/** Long side of the corpus's pictures. */
const SIDE = 960;

export const imageOf = ({ data, width, height }: Pixels): Sharp => sharp(data, { raw: { width, height, channels: 3 } });

export const pixelsOf = async (image: Sharp): Promise<Pixels> => {
  const { data, info } = await image
    .flatten({ background: "#fff" })
    .toColourspace("srgb")
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  return { data: channels === 1 ? inThreeChannels(data) : data, width, height };
};

const inThreeChannels = (grey: Buffer): Buffer => {
  const data = Buffer.alloc(grey.length * 3);
  for (const [at, value] of grey.entries()) data.fill(value, at * 3, at * 3 + 3);
  return data;
};

/** The picture of a file, at most {@link SIDE} pixels long; what is transparent is white. */
export const readPixels = (file: string): Promise<Pixels> =>
  pixelsOf(sharp(file, { limitInputPixels: false }).resize(SIDE, SIDE, { fit: "inside", withoutEnlargement: true }));

/** An SVG document of this size. */
export const svgOf = ({ width, height }: { width: number; height: number }, body: string): Buffer =>
  Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="DejaVu Sans">${body}</svg>`,
  );
