import { groupByMasters } from "@lookalike/shared/domain/grouping/families";
import type { Member } from "@lookalike/shared/domain/grouping/keeper";
import type { Relation } from "@lookalike/shared/domain/grouping/relation";
import type { PairTruth } from "./pairs.ts";
import { type GroupScore, scoreGroups } from "./score-groups.ts";
import type { SeenPair } from "./seen-pairs.ts";

/** The members and relations of a corpus, as its pairs are looked at. */
export class FamilyGroups {
  readonly #members = new Map<number, Member>();
  readonly #relations: Relation[] = [];
  readonly #indices: ReadonlyMap<string, number>;
  readonly #truth: PairTruth;

  constructor(truth: PairTruth) {
    this.#truth = truth;
    this.#indices = new Map(truth.files.map(({ file }, index) => [file, index]));
  }

  add({ first, second, seen, kind }: SeenPair): void {
    const [a, b] = [first, second].map(({ member }) => {
      const ordinal = this.#indices.get(member.path);
      if (ordinal === undefined) throw new Error(`the corpus has no file ${member.path}`);
      this.#members.set(ordinal, { ...member, ordinal });
      return ordinal;
    }) as [number, number];
    // What was looked at and is not the same is said, too: no copy joins the two.
    const probability = seen?.probability ?? 0;
    this.#relations.push({ a, b, kind: kind ?? "similar", probability, source: seen?.source ?? null });
  }

  /** How well families agree with the truth, and the part of them with an original whose master it is. */
  score(): GroupScore & { readonly mastersRight: number } {
    const families = groupByMasters([...this.#members.values()], this.#relations);
    const classOf = (index: number): string => this.#truth.file(index).class;
    const withOriginal = families.filter(({ master, members }) =>
      [master, ...members.map(({ ordinal }) => ordinal)].some((index) => classOf(index) === "original"),
    );
    // A copy with the same bytes or pixels is as good as the original.
    const isOriginal = (index: number): boolean =>
      classOf(index) === "original" ||
      this.#truth.file(index).kinds.some((kind) => kind === "identical" || kind === "same-pixels");
    const right = withOriginal.filter(({ master }) => isOriginal(master)).length;
    const groups = families.map(({ master, members }) => [master, ...members.map(({ ordinal }) => ordinal)]);
    return { ...scoreGroups(this.#truth, groups), mastersRight: right / Math.max(1, withOriginal.length) };
  }
}
