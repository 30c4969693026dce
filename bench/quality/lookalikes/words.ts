import type { Choices } from "../random.ts";

const SYLLABLES = "ba de fi go lu ma ne po ri sa te vo wi ka len mor tan der sil ver hof gar ton bel".split(" ");

/** A word that no dictionary has. */
export const word = (choices: Choices): string =>
  choices.several(choices.whole(1, 4), () => choices.of(SYLLABLES)).join("");

export const words = (choices: Choices, count: number): string => choices.several(count, () => word(choices)).join(" ");

export const money = (choices: Choices, most: number): string => choices.between(0.5, most).toFixed(2);

export const date = (choices: Choices): string =>
  `${choices.whole(1, 28)}.${choices.whole(1, 12)}.20${choices.whole(10, 25)}`;

/** A line of text in SVG. */
export const text = (x: number, y: number, size: number, content: string, more = ""): string =>
  `<text x="${x}" y="${y}" font-size="${size}" ${more}>${content}</text>`;

export const rect = (x: number, y: number, width: number, height: number, fill: string, more = ""): string =>
  `<rect x="${x}" y="${y}" width="${width}" height="${height}" fill="${fill}" ${more}/>`;

export const WHITE = '<rect width="100%" height="100%" fill="#fff"/>';
