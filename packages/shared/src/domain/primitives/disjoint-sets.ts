import { at } from "./columns.ts";

/** Sets of the numbers 0..size-1 that are joined, and never divided. The root of each set is its least number, whatever the order of joining. */
export class DisjointSets {
  readonly #parent: Uint32Array;

  constructor(size: number) {
    this.#parent = Uint32Array.from({ length: size }, (_, number) => number);
  }

  rootOf(number: number): number {
    let root = number;
    while (at(this.#parent, root) !== root) {
      // Path halving (Tarjan and van Leeuwen, 1984).
      this.#parent[root] = at(this.#parent, at(this.#parent, root));
      root = at(this.#parent, root);
    }
    return root;
  }

  join(x: number, y: number): void {
    const [a, b] = [this.rootOf(x), this.rootOf(y)];
    this.#parent[Math.max(a, b)] = Math.min(a, b);
  }
}
