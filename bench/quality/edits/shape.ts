import { imageOf } from "../picture.ts";
import type { Rectangle } from "../truth.ts";
import type { Edit } from "./edit.ts";

/** A crop that keeps `part` of the area, at a random place. */
const crop = (name: string, removed: number, goal: number | null): Edit => ({
  name,
  kinds: ["cropped"],
  goal,
  apply: ({ pixels, choices }) => {
    const part = 1 - removed;
    // A little wider or higher than the original, by turns.
    const wide = Math.min(1, Math.sqrt(part) * choices.between(0.96, 1.04));
    const width = Math.round(pixels.width * wide);
    const height = Math.min(pixels.height, Math.round((pixels.height * part) / wide));
    const left = choices.whole(0, pixels.width - width);
    const top = choices.whole(0, pixels.height - height);
    const rectangle: Rectangle = {
      left: left / pixels.width,
      top: top / pixels.height,
      width: width / pixels.width,
      height: height / pixels.height,
    };
    return { image: imageOf(pixels).extract({ left, top, width, height }), crop: rectangle, parameters: { removed } };
  },
});

/** The corners that a rotation leaves are filled; which colour, the program decides. */
const rotated = (degrees: number, goal: number | null): Edit => ({
  name: `rotated by ${degrees}°`,
  kinds: ["turned"],
  goal,
  apply: ({ pixels, choices }) => {
    const turned = choices.part() < 0.5 ? degrees : -degrees;
    return {
      image: imageOf(pixels).rotate(turned, { background: choices.of(["#000", "#fff"]) }),
      parameters: { degrees: turned },
    };
  },
});

const quarters = (degrees: number): Edit => ({
  name: `rotated by ${degrees}°`,
  kinds: ["turned"],
  goal: 0.995,
  apply: ({ pixels }) => ({ image: imageOf(pixels).rotate(degrees), parameters: { degrees } }),
});

/** Parts of the picture, and turned ones. */
export const SHAPES: readonly Edit[] = [
  crop("crop 5 %", 0.05, 0.95),
  crop("crop 12 %", 0.12, 0.95),
  crop("crop 20 %", 0.2, 0.95),
  crop("crop 35 %", 0.35, null),
  crop("crop 50 %", 0.5, null),
  rotated(1, 0.95),
  rotated(2, 0.95),
  rotated(5, 0.95),
  rotated(15, null),
  quarters(90),
  quarters(180),
  { name: "mirrored", kinds: ["mirrored"], goal: 0.995, apply: ({ pixels }) => ({ image: imageOf(pixels).flop() }) },
];
