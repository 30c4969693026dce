import { type Verdict as Seen, verifyPair } from "@lookalike/engine/verify/verify-pair";
import { kindWithCapture } from "@lookalike/shared/domain/image/capture";
import type { PairKind } from "@lookalike/shared/domain/image/pair-kind";
import { labelledPairs, type Verdict } from "./pairs.ts";
import type { SeenPicture } from "./see-pictures.ts";
import type { FileTruth } from "./truth.ts";

/** A pair of a corpus, its truth, and what looking at it gave. */
export interface SeenPair {
  readonly a: FileTruth;
  readonly b: FileTruth;
  readonly truth: Verdict;
  readonly first: SeenPicture;
  readonly second: SeenPicture;
  /** null = nothing suggests that both show the same. */
  readonly seen: Seen | null;
  /** After what the cameras wrote; null = not the same picture. */
  readonly kind: PairKind | null;
  readonly milliseconds: number;
}

/** Looks at all labelled pairs of a corpus; not at those with a file that is not read. */
export const seenPairs = async function* (
  files: readonly FileTruth[],
  see: (file: string) => Promise<SeenPicture | null>,
): AsyncGenerator<SeenPair> {
  for (const { a, b, verdict } of labelledPairs(files)) {
    const [first, second] = [await see(a.file), await see(b.file)];
    if (first === null || second === null) continue;
    const begun = process.cpuUsage();
    const seen = verifyPair(first.picture, second.picture);
    const { user, system } = process.cpuUsage(begun);
    const pixelKind = seen?.kind ?? null;
    const kind = pixelKind === null ? null : kindWithCapture(pixelKind, first.capture, second.capture);
    yield { a, b, truth: verdict, first, second, seen, kind, milliseconds: (user + system) / 1_000 };
  }
};
