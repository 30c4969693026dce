import { createHash } from "node:crypto";
import { randomWords } from "@lookalike/shared/domain/primitives/random";

const WORDS = 2 ** 32;

/** Random choices that a seed and a name decide: another file in the corpus changes no choice of this one. */
export class Choices {
  readonly #next: () => number;

  /** @param name what the choices are for, as the path of a file */
  constructor(seed: number, name: string) {
    this.#next = randomWords(createHash("sha256").update(`${seed}/${name}`).digest().readInt32BE(0));
  }

  /** 0 <= number < 1 */
  part(): number {
    return this.#next() / WORDS;
  }

  between(least: number, most: number): number {
    return least + this.part() * (most - least);
  }

  /** A whole number, both ends included. */
  whole(least: number, most: number): number {
    return least + Math.floor(this.part() * (most - least + 1));
  }

  /** @throws RangeError of an empty list */
  of<Item>(items: readonly Item[]): Item {
    const item = items[Math.floor(this.part() * items.length)];
    if (item === undefined) throw new RangeError("there is nothing to choose from");
    return item;
  }

  /** The same items in another order. */
  shuffled<Item>(items: readonly Item[]): Item[] {
    return items
      .map((item) => ({ item, place: this.part() }))
      .sort((a, b) => a.place - b.place)
      .map(({ item }) => item);
  }

  /** `count` items in a row. */
  several<Item>(count: number, item: (index: number) => Item): Item[] {
    return Array.from({ length: count }, (_, index) => item(index));
  }

  /** A colour for SVG. @param least and @param most of lightness in percent */
  colour(least = 25, most = 75): string {
    return `hsl(${this.whole(0, 359)},${this.whole(35, 90)}%,${this.whole(least, most)}%)`;
  }
}
