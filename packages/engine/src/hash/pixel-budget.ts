const UNIT = 1_000;

/**
 * Pixels that may be decoded at the same time, in all worker threads together: what bounds a hasher's
 * memory whatever the pictures. The counts lie in shared memory, so that what a thread held when it
 * was ended can be given back by another.
 */
export class PixelBudget {
  readonly #free: Int32Array;
  readonly #held: Int32Array;
  readonly #total: number;

  /** Memory to share with the worker threads: a budget of so many pixels. */
  static share(pixels: number): Int32Array {
    const shared = new Int32Array(new SharedArrayBuffer(8));
    shared.fill(Math.ceil(pixels / UNIT));
    return shared;
  }

  /** Memory to share: what one picture holds of a budget, nothing yet. */
  static hold(): Int32Array {
    return new Int32Array(new SharedArrayBuffer(4));
  }

  /** @param shared what {@link share} gave @param held what {@link hold} gave */
  constructor(shared: Int32Array, held: Int32Array) {
    this.#free = shared;
    this.#total = shared[1] ?? 0;
    this.#held = held;
  }

  /** Waits until `pixels` are free; a picture larger than the budget waits until it is alone. */
  async take(pixels: number): Promise<void> {
    const units = Math.min(Math.ceil(pixels / UNIT), this.#total);
    for (;;) {
      const free = Atomics.load(this.#free, 0);
      if (free < units) await Atomics.waitAsync(this.#free, 0, free).value;
      else if (Atomics.compareExchange(this.#free, 0, free, free - units) === free) break;
    }
    Atomics.store(this.#held, 0, units);
  }

  /** Gives back what the picture holds; a second time, or from another thread too, it holds nothing. */
  giveBack(): void {
    Atomics.add(this.#free, 0, Atomics.exchange(this.#held, 0, 0));
    Atomics.notify(this.#free, 0);
  }
}
