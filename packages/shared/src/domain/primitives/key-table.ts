import { at, NONE, withRoom } from "./columns.ts";

/**
 * Distinct keys of a fixed number of 32-bit words, numbered in the order in which they were added. The keys are one
 * column, and a hash table with open addressing and linear probing (Knuth, TAOCP 3, 6.4) finds their numbers in it.
 */
export class KeyTable {
  readonly #width: number;
  #keys: Int32Array;
  /** The number of the key in each slot, plus one; 0 = the slot is empty. At most two thirds are used. */
  #slots: Int32Array;
  #count = 0;

  /**
   * @param width words of a key
   * @param capacity how many keys it has room for; it doubles when that is exceeded
   */
  constructor(width: number, capacity: number) {
    this.#width = width;
    this.#keys = new Int32Array(capacity * width);
    this.#slots = new Int32Array(2 ** Math.ceil(Math.log2(capacity * 1.5 + 1)));
  }

  get size(): number {
    return this.#count;
  }

  /** The key of number k is at `k * width`. */
  get keys(): Int32Array {
    return this.#keys.subarray(0, this.#count * this.#width);
  }

  /** The number of the key in `words` from `from` on, or {@link NONE}. */
  find(words: Int32Array, from = 0): number {
    return at(this.#slots, this.#slotOf(words, from)) - 1;
  }

  /** The number of the key in `words` from `from` on, which is added unless the table has it. */
  add(words: Int32Array, from = 0): number {
    const slot = this.#slotOf(words, from);
    const known = at(this.#slots, slot) - 1;
    if (known !== NONE) return known;
    const number = this.#count;
    this.#count += 1;
    this.#slots[slot] = this.#count;
    this.#keys = withRoom(this.#keys, this.#count * this.#width);
    for (let word = 0; word < this.#width; word += 1) this.#keys[number * this.#width + word] = at(words, from + word);
    if (this.#count * 1.5 > this.#slots.length) this.#grow();
    return number;
  }

  #grow(): void {
    this.#slots = new Int32Array(this.#slots.length * 2);
    for (let number = 0; number < this.#count; number += 1)
      this.#slots[this.#slotOf(this.#keys, number * this.#width)] = number + 1;
  }

  /** The slot that the key is in, or would be. */
  #slotOf(words: Int32Array, from: number): number {
    const mask = this.#slots.length - 1;
    for (let slot = this.#mix(words, from) & mask; ; slot = (slot + 1) & mask) {
      const known = at(this.#slots, slot) - 1;
      if (known === NONE || this.#isEqual(known, words, from)) return slot;
    }
  }

  /** FNV-1a by words, each mixed (the rounds of MurmurHash3): similar keys must not be in neighbouring slots. */
  #mix(words: Int32Array, from: number): number {
    let hash = 0x811c9dc5;
    for (let word = from; word < from + this.#width; word += 1) {
      hash = Math.imul(hash ^ at(words, word), 0x01000193);
      hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    }
    return hash ^ (hash >>> 13);
  }

  #isEqual(number: number, words: Int32Array, from: number): boolean {
    const start = number * this.#width;
    for (let word = 0; word < this.#width; word += 1) if (this.#keys[start + word] !== words[from + word]) return false;
    return true;
  }
}
