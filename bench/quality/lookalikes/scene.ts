import sharp, { type Sharp } from "sharp";
import { svgOf } from "../picture.ts";
import type { Choices } from "../random.ts";

const SIZE = { width: 800, height: 560 };

/** A drawn place: hills, trees and houses that stay where they are. */
export interface Place {
  readonly hills: readonly string[];
  readonly fixtures: string;
  readonly texture: number;
}

export const placeOf = (choices: Choices): Place => ({
  hills: choices.several(3, (row) => {
    const base = 230 + row * 70;
    const points = choices.several(13, (at) => `${at * 72 - 30},${base + choices.whole(-60, 50)}`).join(" ");
    return `<polygon points="-30,600 ${points} 850,600" fill="hsl(${choices.whole(70, 150)},${choices.whole(20, 45)}%,${46 - row * 10}%)" filter="url(#texture)"/>`;
  }),
  fixtures: choices
    .several(choices.whole(14, 22), () => {
      const [x, y, size] = [choices.whole(-20, 800), choices.whole(330, 540), choices.whole(20, 70)];
      return choices.part() < 0.75
        ? `<rect x="${x - 4}" y="${y - size}" width="8" height="${size}" fill="#5a4028"/><ellipse cx="${x}" cy="${y - size}" rx="${size * 0.45}" ry="${size * 0.6}" fill="hsl(${choices.whole(80, 140)},40%,${choices.whole(18, 34)}%)"/>`
        : `<rect x="${x}" y="${y - size}" width="${size * 1.4}" height="${size}" fill="${choices.colour(55, 80)}"/><polygon points="${x - 6},${y - size} ${x + size * 0.7},${y - size * 1.6} ${x + size * 1.5},${y - size}" fill="#8a3c2c"/>`;
    })
    .join(""),
  texture: choices.whole(1, 9_999),
});

/** Somebody in the picture. */
export const person = (x: number, y: number, size: number, colour: string, lean = 0): string =>
  `<g transform="translate(${x} ${y}) rotate(${lean})"><rect x="${-size * 0.18}" y="${-size}" width="${size * 0.36}" height="${size * 0.62}" rx="${size * 0.1}" fill="${colour}"/><circle cy="${-size * 1.14}" r="${size * 0.15}" fill="#d9a880"/><rect x="${-size * 0.15}" y="${-size * 0.4}" width="${size * 0.12}" height="${size * 0.4}" fill="#223"/><rect x="${size * 0.03}" y="${-size * 0.4}" width="${size * 0.12}" height="${size * 0.4}" fill="#223"/></g>`;

interface View {
  /** What differs in this file: people, clouds, things. */
  readonly moving: string;
  /** Pixels by which the camera moved. */
  readonly shift?: readonly [x: number, y: number];
  readonly sky?: string;
  /** A number of the noise of this file alone. */
  readonly noise: number;
}

/** A picture of a place. */
export const view = (
  { hills, fixtures, texture }: Place,
  { moving, shift: [x, y] = [0, 0], sky = "#9fc4e8", noise }: View,
): Sharp =>
  sharp(
    svgOf(
      SIZE,
      `<defs><filter id="texture" x="0" y="0" width="100%" height="100%"><feTurbulence baseFrequency="0.04" numOctaves="3" seed="${texture}"/><feColorMatrix values="0 0 0 0 0.1  0 0 0 0 0.15  0 0 0 0 0.05  0 0 0 0.9 -0.1"/><feComposite operator="in" in2="SourceGraphic"/><feMerge><feMergeNode in="SourceGraphic"/><feMergeNode/></feMerge></filter><filter id="grain"><feTurbulence baseFrequency="0.8" numOctaves="1" seed="${noise}"/><feColorMatrix values="0 0 0 0 0.5  0 0 0 0 0.5  0 0 0 0 0.5  0 0 0 0.12 0"/></filter></defs><rect width="100%" height="100%" fill="${sky}"/><g transform="translate(${x} ${y})">${hills.join("")}${fixtures}${moving}</g><rect width="100%" height="100%" filter="url(#grain)"/>`,
    ),
  );
