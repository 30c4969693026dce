import { hammingDistance } from "@lookalike/shared/domain/image/hamming";

interface Node {
  readonly hash: Uint8Array;
  readonly children: Map<number, Node>;
}

/** A BK-tree (Burkhard and Keller, 1973): the textbook's index for a metric, as duplicate finders use it. */
export class BkTree {
  #root: Node | null = null;

  add(hash: Uint8Array): void {
    const node: Node = { hash, children: new Map() };
    if (this.#root === null) {
      this.#root = node;
      return;
    }
    for (let at = this.#root; ; ) {
      const distance = hammingDistance(at.hash, hash);
      const child = at.children.get(distance);
      if (child === undefined) {
        at.children.set(distance, node);
        return;
      }
      at = child;
    }
  }

  /** How many hashes are within the radius of one. */
  countWithin(hash: Uint8Array, radius: number): number {
    let count = 0;
    const open = this.#root === null ? [] : [this.#root];
    for (let node = open.pop(); node !== undefined; node = open.pop()) {
      const distance = hammingDistance(node.hash, hash);
      if (distance <= radius) count += 1;
      for (const [edge, child] of node.children) if (Math.abs(edge - distance) <= radius) open.push(child);
    }
    return count;
  }
}
