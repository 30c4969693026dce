import { hash } from "node:crypto";
import { at } from "@lookalike/shared/domain/primitives/columns";

/** Tables that grow one at a time: none is ever so large that copying it holds the event loop up. */
const TABLES = 256;
const WORDS = 3;
const FIRST_SLOTS = 16;

interface Table {
  count: number;
  /** Open addressing, {@link WORDS} words a slot; the first is 0 in an empty one. */
  words: Uint32Array;
}

/**
 * Names that were met, as 96 bits of their SHA-256 each: ten million take 200 MB, where a Set of strings takes two gigabytes.
 * That two of ten million share theirs has odds of one in 10^15.
 */
export class NameSet {
  readonly #tables: Table[] = Array.from({ length: TABLES }, () => ({
    count: 0,
    words: new Uint32Array(FIRST_SLOTS * WORDS),
  }));

  has(name: string): boolean {
    const key = keyOf(name);
    const { words } = this.#tableOf(key);
    return words[slotOf(words, key, 0)] !== 0;
  }

  /** False when the name is there already. */
  add(name: string): boolean {
    const key = keyOf(name);
    const table = this.#tableOf(key);
    const slot = slotOf(table.words, key, 0);
    if (table.words[slot] !== 0) return false;
    copyKey(key, 0, table.words, slot);
    table.count += 1;
    if (table.count * WORDS * 1.5 > table.words.length) table.words = grown(table.words);
    return true;
  }

  #tableOf(key: Uint32Array): Table {
    return this.#tables[at(key, 2) % TABLES] as Table;
  }
}

/** As a string, which Node hands out in a third of a buffer's time. */
const keyOf = (name: string): Uint32Array => {
  const digest = hash("sha256", name, "binary");
  const key = new Uint32Array(WORDS);
  for (let byte = 0; byte < WORDS * 4; byte += 1) key[byte >> 2] = (at(key, byte >> 2) << 8) | digest.charCodeAt(byte);
  if (key[0] === 0) key[0] = 1;
  return key;
};

/** Where the key at `from` is, or would be. */
const slotOf = (words: Uint32Array, key: Uint32Array, from: number): number => {
  const mask = words.length / WORDS - 1;
  for (let slot = at(key, from + 1) & mask; ; slot = (slot + 1) & mask) {
    const first = slot * WORDS;
    if (words[first] === 0) return first;
    if (words[first] === key[from] && words[first + 1] === key[from + 1] && words[first + 2] === key[from + 2])
      return first;
  }
};

const copyKey = (key: Uint32Array, from: number, words: Uint32Array, to: number): void => {
  for (let word = 0; word < WORDS; word += 1) words[to + word] = at(key, from + word);
};

const grown = (words: Uint32Array): Uint32Array => {
  const larger = new Uint32Array(words.length * 2);
  for (let from = 0; from < words.length; from += WORDS)
    if (words[from] !== 0) copyKey(words, from, larger, slotOf(larger, words, from));
  return larger;
};
