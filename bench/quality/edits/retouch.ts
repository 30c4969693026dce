import type { Sharp } from "sharp";
import { imageOf, type Pixels, pixelsOf, svgOf } from "../picture.ts";
import type { Choices } from "../random.ts";
import type { Edit } from "./edit.ts";

const overlaid = (name: string, goal: number, body: (pixels: Pixels, choices: Choices) => string): Edit => ({
  name,
  kinds: ["retouched"],
  goal,
  apply: ({ pixels, choices }) => ({
    image: imageOf(pixels).composite([{ input: svgOf(pixels, body(pixels, choices)) }]),
  }),
});

const star = (x: number, y: number, size: number, colour: string): string => {
  const points = Array.from({ length: 10 }, (_, index) => {
    const radius = index % 2 === 0 ? size : size * 0.45;
    const angle = (index * Math.PI) / 5;
    return `${x + radius * Math.sin(angle)},${y - radius * Math.cos(angle)}`;
  });
  return `<polygon points="${points.join(" ")}" fill="${colour}" stroke="#fff" stroke-width="3"/>`;
};

/** Two or three regions of the size of a face, each blurred beyond recognition. */
const blurredRegions = async (pixels: Pixels, choices: Choices): Promise<Sharp> => {
  const size = Math.round(Math.min(pixels.width, pixels.height) * choices.between(0.1, 0.16));
  const regions = await Promise.all(
    choices.several(choices.whole(2, 3), async () => {
      const left = choices.whole(0, pixels.width - size);
      const top = choices.whole(0, pixels.height - size);
      const region = await pixelsOf(
        imageOf(pixels)
          .extract({ left, top, width: size, height: size })
          .blur(size / 5),
      );
      return { input: region.data, raw: { width: size, height: size, channels: 3 as const }, left, top };
    }),
  );
  return imageOf(pixels).composite(regions);
};

/** The same picture with something on it. */
export const RETOUCHES: readonly Edit[] = [
  overlaid(
    "watermark",
    0.95,
    ({ width }, choices) =>
      `<text x="50%" y="${choices.whole(40, 65)}%" font-size="${width / 9}" fill="#fff" fill-opacity="0.5" text-anchor="middle">SAMPLE PHOTO</text>`,
  ),
  overlaid("stickers", 0.95, ({ width, height }, choices) =>
    choices
      .several(choices.whole(2, 4), () =>
        star(
          choices.between(0.1, 0.9) * width,
          choices.between(0.1, 0.9) * height,
          Math.min(width, height) * choices.between(0.06, 0.1),
          choices.colour(),
        ),
      )
      .join(""),
  ),
  {
    name: "blurred faces",
    kinds: ["retouched"],
    goal: 0.95,
    apply: async ({ pixels, choices }) => ({ image: await blurredRegions(pixels, choices) }),
  },
];
