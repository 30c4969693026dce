/** Ordinals seen on the way, a bit each: ten million take little more than a megabyte. */
export class OrdinalSet {
  #bits = new Uint8Array(1_024);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  has(ordinal: number): boolean {
    return (((this.#bits[ordinal >> 3] ?? 0) >> (ordinal & 7)) & 1) === 1;
  }

  add(ordinal: number): void {
    if (this.has(ordinal)) return;
    const at = ordinal >> 3;
    if (at >= this.#bits.length) {
      const larger = new Uint8Array(Math.max(at + 1, this.#bits.length * 2));
      larger.set(this.#bits);
      this.#bits = larger;
    }
    this.#bits[at] = (this.#bits[at] ?? 0) | (1 << (ordinal & 7));
    this.#size += 1;
  }
}
