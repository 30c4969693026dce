import { randomWords } from "@lookalike/shared/domain/primitives/random";
import { drawScene } from "../../../../test/support/scene.ts";
import type { Luma } from "./evidence-memory.ts";

/** A picture like a photograph: {@link drawScene}'s green channel as luma, width x height bytes. */
export const sceneLuma = (scene: number, width: number, height: number): Uint8Array =>
  drawScene(scene, width, height).filter((_, index) => index % 3 === 1);

/** A gradient with 60 boxes of one grey each, pixel by pixel as scripts/pdq-reference.py draws them; width x height bytes. */
export const drawBoxes = (seed: number, width: number, height: number): Uint8Array => {
  let state = seed;
  const number = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state >>> 8) % below;
  };
  const luma = Uint8Array.from(
    { length: width * height },
    (_, index) => Math.floor(((index % width) * 120) / width) + Math.floor((Math.floor(index / width) * 100) / height),
  );
  for (let box = 0; box < 60; box += 1) {
    const left = number(width);
    const top = number(height);
    const right = Math.min(width, left + number(Math.floor(width / 3)) + 1);
    const bottom = Math.min(height, top + number(Math.floor(height / 3)) + 1);
    const grey = number(256);
    for (let y = top; y < bottom; y += 1) luma.fill(grey, y * width + left, y * width + right);
  }
  return luma;
};

/** Fills a rectangle; what is outside the picture is left out. */
const fill = (
  { luma, width, height }: Luma,
  x: number,
  y: number,
  across: number,
  down: number,
  level: number,
): void => {
  for (let row = Math.max(0, y); row < Math.min(height, y + down); row += 1)
    luma.fill(level, row * width + Math.max(0, x), row * width + Math.min(width, x + across));
};

/** Lines of words of upright and level strokes, as writing has them. */
const write = (picture: Luma, x: number, y: number, across: number, level: number, random: () => number): void => {
  for (let at = x; at < x + across; ) {
    const letters = 2 + (random() % 8);
    for (let letter = 0; letter < letters && at + 4 < x + across; letter += 1, at += 4) {
      fill(picture, at, y, 1, 4 + (random() % 3), level);
      if (random() % 2 === 0) fill(picture, at, y + (random() % 4), 3, 1, level);
      if (random() % 2 === 0) fill(picture, at + 2, y, 1, 4, level);
    }
    at += 3;
  }
};

/** A white page of black writing. */
export const drawPage = (width: number, height: number, seed = 1): Luma => {
  const picture = { luma: new Uint8Array(width * height).fill(250), width, height };
  const random = randomWords(seed);
  for (let y = 30; y < height - 30; y += 11) write(picture, 30, y, width - 60 - (random() % 80), 20, random);
  return picture;
};

/** A screen with a bar, a list at its side, and buttons with writing. */
export const drawScreen = (width: number, height: number): Luma => {
  const picture = { luma: new Uint8Array(width * height).fill(255), width, height };
  const random = randomWords(2);
  fill(picture, 0, 0, width, 24, 60);
  fill(picture, 0, 24, 90, height, 225);
  for (let y = 36; y < height - 10; y += 18) write(picture, 8, y, 60, 40, random);
  for (let y = 40; y < height - 20; y += 36) {
    fill(picture, 110, y, 150 + (random() % 200), 24, 190);
    write(picture, 118, y + 8, 120, 30, random);
  }
  return picture;
};
