import { drawScene } from "../../../../test/support/scene.ts";

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
