import { at } from "@lookalike/shared/domain/primitives/columns";

const UNIT = 1_000;

/**
 * Limits the pixels that all worker threads decode at the same time, and so a hasher's memory. The counts
 * are in shared memory, so that another thread can release what a terminated thread had.
 */
export class PixelBudget {
  readonly #free: Int32Array;
  readonly #held: Int32Array;
  readonly #total: number;

  /** Shared memory of a budget: its free and its total units. */
  static share(pixels: number): Int32Array {
    const shared = new Int32Array(new SharedArrayBuffer(8));
    shared.fill(Math.ceil(pixels / UNIT));
    return shared;
  }

  /** Shared memory of one picture: its units of a budget, 0 at first. */
  static hold(): Int32Array {
    return new Int32Array(new SharedArrayBuffer(4));
  }

  /** @param shared from {@link share} @param held from {@link hold} */
  constructor(shared: Int32Array, held: Int32Array) {
    this.#free = shared;
    this.#total = at(shared, 1);
    this.#held = held;
  }

  /** Waits until `pixels` are free. A picture larger than the budget waits until it is the only one. */
  async take(pixels: number): Promise<void> {
    const units = Math.min(Math.ceil(pixels / UNIT), this.#total);
    for (;;) {
      const free = Atomics.load(this.#free, 0);
      if (free < units) await Atomics.waitAsync(this.#free, 0, free).value;
      else if (Atomics.compareExchange(this.#free, 0, free, free - units) === free) break;
    }
    Atomics.store(this.#held, 0, units);
  }

  /** Releases the picture's units, once: a second call, from any thread, releases nothing. */
  giveBack(): void {
    Atomics.add(this.#free, 0, Atomics.exchange(this.#held, 0, 0));
    Atomics.notify(this.#free, 0);
  }
}
