import sharp from "sharp";
import { imageOf, pixelsOf, svgOf } from "../picture.ts";
import type { Rectangle } from "../truth.ts";
import type { Edit } from "./edit.ts";
import { photographOfPrint } from "./print.ts";

const WORDS = ["Summer", "never", "again", "look", "at", "this", "Monday", "when", "you", "finally", "home", "best"];

const canvas = (width: number, height: number, background: string) =>
  sharp({ create: { width, height, channels: 3, background } });

const part = (
  left: number,
  top: number,
  width: number,
  height: number,
  ofWidth: number,
  ofHeight: number,
): Rectangle => ({
  left: left / ofWidth,
  top: top / ofHeight,
  width: width / ofWidth,
  height: height / ofHeight,
});

/** The picture inside a larger one. */
export const FRAMES: readonly Edit[] = [
  {
    name: "caption bar",
    kinds: ["framed"],
    goal: 0.95,
    apply: async ({ pixels: { data, width, height }, choices }) => {
      const bar = Math.round(height * choices.between(0.1, 0.16));
      const text = choices.several(4, () => choices.of(WORDS)).join(" ");
      const above = choices.part() < 0.5;
      const caption = svgOf(
        { width, height: bar },
        `<rect width="100%" height="100%" fill="#fff"/><text x="50%" y="68%" font-size="${bar * 0.5}" text-anchor="middle">${text}</text>`,
      );
      const top = above ? bar : 0;
      const image = canvas(width, height + bar, "#fff").composite([
        { input: caption, left: 0, top: above ? 0 : height },
        { input: data, raw: { width, height, channels: 3 }, left: 0, top },
      ]);
      return { image, frame: part(0, top, width, height, width, height + bar), parameters: { text } };
    },
  },
  {
    name: "border",
    kinds: ["framed"],
    goal: 0.95,
    apply: ({ pixels, choices }) => {
      const border = Math.round(Math.min(pixels.width, pixels.height) * choices.between(0.04, 0.08));
      const background = choices.of(["#fff", "#000", "#d8c8a0"]);
      const [width, height] = [pixels.width + 2 * border, pixels.height + 2 * border];
      return {
        image: imageOf(pixels).extend({ top: border, bottom: border, left: border, right: border, background }),
        frame: part(border, border, pixels.width, pixels.height, width, height),
        parameters: { border },
      };
    },
  },
  {
    name: "in a screenshot",
    kinds: ["framed"],
    goal: 0.95,
    apply: async ({ pixels, choices }) => {
      const [width, height] = [540, 1_110];
      const inside = await pixelsOf(imageOf(pixels).resize(width, 700, { fit: "inside" }));
      const [left, top] = [Math.round((width - inside.width) / 2), choices.whole(120, 1_000 - inside.height)];
      const lines = choices
        .several(
          4,
          (line) =>
            `<text x="20" y="${1_010 + line * 22}" font-size="16" fill="#333">${choices.several(5, () => choices.of(WORDS)).join(" ")}</text>`,
        )
        .join("");
      const screen = svgOf(
        { width, height },
        `<rect width="100%" height="100%" fill="#f5f5f7"/><rect width="100%" height="92" fill="#2a4a8a"/><text x="24" y="58" font-size="28" fill="#fff">Photos</text><text x="470" y="24" font-size="16" fill="#fff">12:${choices.whole(10, 59)}</text>${lines}`,
      );
      const image = sharp(screen).composite([
        { input: inside.data, raw: { width: inside.width, height: inside.height, channels: 3 }, left, top },
      ]);
      return { image, frame: part(left, top, inside.width, inside.height, width, height) };
    },
  },
  {
    name: "collage of four",
    kinds: ["framed"],
    goal: null,
    apply: async ({ pixels, others, choices }) => {
      const [width, height, gap] = [480, 360, 8];
      const three = choices.shuffled(others).slice(0, 3);
      const place = choices.whole(0, 3);
      const pictures = three.map((other) => other.pixels);
      pictures.splice(place, 0, pixels);
      const tiles = await Promise.all(
        pictures.map(async (picture, at) => ({
          input: (await pixelsOf(imageOf(picture).resize(width, height, { fit: "cover" }))).data,
          raw: { width, height, channels: 3 as const },
          left: gap + (at % 2) * (width + gap),
          top: gap + Math.floor(at / 2) * (height + gap),
        })),
      );
      const [wide, high] = [2 * width + 3 * gap, 2 * height + 3 * gap];
      return {
        image: canvas(wide, high, "#fff").composite(tiles),
        frame: part(
          gap + (place % 2) * (width + gap),
          gap + Math.floor(place / 2) * (height + gap),
          width,
          height,
          wide,
          high,
        ),
        others: three.map(({ family }) => family),
      };
    },
  },
  {
    name: "picture in picture",
    kinds: ["framed"],
    goal: null,
    apply: async ({ pixels, others, choices }) => {
      const around = choices.of(others);
      const inside = await pixelsOf(
        imageOf(pixels).resize(Math.round(around.pixels.width * 0.42), Math.round(around.pixels.height * 0.42), {
          fit: "inside",
        }),
      );
      const left = choices.whole(0, around.pixels.width - inside.width);
      const top = choices.whole(0, around.pixels.height - inside.height);
      return {
        image: imageOf(around.pixels).composite([
          { input: inside.data, raw: { width: inside.width, height: inside.height, channels: 3 }, left, top },
        ]),
        frame: part(left, top, inside.width, inside.height, around.pixels.width, around.pixels.height),
        others: [around.family],
      };
    },
  },
  {
    name: "photo of a print",
    kinds: ["framed", "toned"],
    goal: null,
    apply: ({ pixels, choices }) => photographOfPrint(pixels, choices),
  },
];
