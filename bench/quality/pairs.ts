import type { FileTruth } from "./truth.ts";

/** Pairs that a finder reports: indices of files, and the distance by which it ranks them, from 0 on. */
export interface FoundPairs {
  readonly a: Uint32Array;
  readonly b: Uint32Array;
  readonly distance: Uint32Array;
  /** What it calls each pair; null = it has one word for all. */
  readonly kinds: readonly string[] | null;
}

/**
 * right: an original is in both. wrong: none is. related: moments of one scene, which a finder may show together as a
 * burst, but not as copies.
 */
export type Verdict = "right" | "wrong" | "related";

/** The truth of any two files of a corpus. */
export class PairTruth {
  readonly files: readonly FileTruth[];
  readonly #families: readonly (readonly number[])[];

  constructor(files: readonly FileTruth[]) {
    const numbers = new Map<string, number>();
    const numberOf = (family: string): number => {
      const number = numbers.get(family) ?? numbers.size;
      numbers.set(family, number);
      return number;
    };
    this.files = files;
    this.#families = files.map(({ families }) => families.map(numberOf));
  }

  file(index: number): FileTruth {
    const file = this.files[index];
    if (file === undefined) throw new RangeError(`the corpus has no file ${index}`);
    return file;
  }

  verdict(a: number, b: number): Verdict {
    const [familiesOfA, familiesOfB] = [this.#families[a] ?? [], this.#families[b] ?? []];
    if (familiesOfA.some((family) => familiesOfB.includes(family))) return "right";
    const { series } = this.file(a);
    return series !== null && series === this.file(b).series ? "related" : "wrong";
  }

  /** The edit of a pair of an edit and the original it was made from; null for other pairs. */
  editOf(a: number, b: number): FileTruth | null {
    const [x, y] = [this.file(a), this.file(b)];
    if (x.families[0] !== y.families[0]) return null;
    if (x.class === "original" && y.class === "edit") return y;
    return y.class === "original" && x.class === "edit" ? x : null;
  }
}

/** One line of {@link labelledPairs}. */
interface LabelledPair {
  readonly a: FileTruth;
  readonly b: FileTruth;
  readonly verdict: Verdict;
}

/**
 * Pairs with their truth, for fitting on the choosing half: of each family every edit with its original, and of each class
 * of look-alikes neighbours in the order of names, which are those of one series where it has series.
 * @param reach with how many of the following files of its class each look-alike is paired
 */
export const labelledPairs = function* (files: readonly FileTruth[], reach = 4): Generator<LabelledPair> {
  const truth = new PairTruth(files);
  const originals = new Map<string, number>();
  const classes = new Map<string, number[]>();
  for (const [index, file] of files.entries()) {
    if (file.class === "original") originals.set(file.families[0] ?? "", index);
    classes.set(file.class, [...(classes.get(file.class) ?? []), index]);
  }
  const labelled = (a: number, b: number): LabelledPair => ({
    a: truth.file(a),
    b: truth.file(b),
    verdict: truth.verdict(a, b),
  });
  for (const [name, members] of classes)
    for (const [at, index] of members.entries()) {
      const original = originals.get(truth.file(index).families[0] ?? "");
      if (name === "edit" && original !== undefined) yield labelled(original, index);
      if (name === "edit") continue;
      for (const other of members.slice(at + 1, at + 1 + reach)) yield labelled(index, other);
    }
};
