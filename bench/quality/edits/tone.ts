import type { Sharp } from "sharp";
import { imageOf, type Pixels } from "../picture.ts";
import type { Choices } from "../random.ts";
import type { Edit } from "./edit.ts";

/** An edit of brightness or colour by one number between two limits. */
const toned = (
  name: string,
  limits: readonly [least: number, most: number],
  change: (image: Sharp, strength: number) => Sharp,
): Edit => ({
  name,
  kinds: ["toned"],
  goal: 0.995,
  apply: ({ pixels, choices }) => {
    const strength = choices.between(...limits);
    return { image: change(imageOf(pixels), strength), parameters: { strength } };
  },
});

const detailed = (name: string, change: (image: Sharp, pixels: Pixels) => Sharp): Edit => ({
  name,
  kinds: ["re-encoded", "toned"],
  goal: 0.995,
  apply: ({ pixels }) => ({ image: change(imageOf(pixels), pixels) }),
});

const noisy = ({ data, width, height }: Pixels, choices: Choices): Pixels => {
  const noise = Buffer.from(data);
  // The sum of three is near enough to a normal distribution.
  for (let at = 0; at < noise.length; at += 1)
    noise[at] = Math.max(
      0,
      Math.min(255, (noise[at] ?? 0) + (choices.part() + choices.part() + choices.part() - 1.5) * 24),
    );
  return { data: noise, width, height };
};

/** How a person without green cones sees it (Viénot, Brettel and Mollon 1999, on sRGB values). */
const DEUTERANOPIA: [[number, number, number], [number, number, number], [number, number, number]] = [
  [0.2927, 0.7073, 0],
  [0.2927, 0.7073, 0],
  [-0.0223, 0.0223, 1],
];

const SEPIA: typeof DEUTERANOPIA = [
  [0.393, 0.769, 0.189],
  [0.349, 0.686, 0.168],
  [0.272, 0.534, 0.131],
];

/** Other brightness, colour and sharpness of the same picture. */
export const TONES: readonly Edit[] = [
  detailed("sharpened", (image) => image.sharpen({ sigma: 1.2 })),
  detailed("blurred", (image, { width }) => image.blur(Math.max(0.6, width / 640))),
  {
    name: "noise",
    kinds: ["re-encoded", "toned"],
    goal: 0.995,
    apply: ({ pixels, choices }) => ({ image: imageOf(noisy(pixels, choices)) }),
  },
  toned("brighter or darker", [0.75, 1.3], (image, strength) => image.modulate({ brightness: strength })),
  toned("contrast", [1.15, 1.5], (image, strength) => image.linear(strength, 128 * (1 - strength))),
  toned("gamma", [1.3, 1.9], (image, strength) => image.gamma(strength, 1)),
  toned("white balance", [0.05, 0.14], (image, strength) => image.linear([1 + strength, 1, 1 - strength], [0, 0, 0])),
  toned("saturation", [1.3, 1.8], (image, strength) => image.modulate({ saturation: strength })),
  toned("HDR tone mapping", [2, 4], (image, strength) =>
    image.clahe({ width: 96, height: 96, maxSlope: Math.round(strength) }).modulate({ saturation: 1.2 }),
  ),
  toned("phone enhance", [1.1, 1.3], (image, strength) =>
    image.normalise({ lower: 1, upper: 99 }).modulate({ saturation: strength }).sharpen({ sigma: 0.8 }),
  ),
  toned("grey", [1, 1], (image) => image.greyscale()),
  toned("sepia", [1, 1], (image) => image.recomb(SEPIA)),
  toned("colour-blind filter", [1, 1], (image) => image.recomb(DEUTERANOPIA)),
];
