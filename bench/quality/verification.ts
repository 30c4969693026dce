import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fastestBackend } from "@lookalike/engine/compare/backend";
import { takeEvidence } from "@lookalike/engine/evidence/evidence";
import { EvidenceMemory } from "@lookalike/engine/evidence/evidence-memory";
import { decodePicture } from "@lookalike/engine/hash/decode-picture";
import type { PicturePixels } from "@lookalike/engine/hash/picture-pixels";
import { type Verdict, type VerifiedPicture, verifiedPicture, verifyPair } from "@lookalike/engine/verify/verify-pair";
import { DEFAULT_FEATURES } from "@lookalike/shared/domain/image/hash-block";
import { type Bench, type Row, throughputRow } from "../bench.ts";
import { corpusOptions, openCorpus } from "./corpus.ts";
import { EDITS } from "./edits/edits.ts";
import { labelledPairs } from "./pairs.ts";
import type { FileTruth } from "./truth.ts";

const LIMITS = { maxPixels: 300_000_000, timeoutSeconds: 60, features: DEFAULT_FEATURES };
/** Pictures that are kept for the next pairs: an original is compared with each of its edits. */
const CACHED = 64;

/** What came of the pairs of one edit, or of one class of look-alikes. */
interface Tally {
  pairs: number;
  /** Pairs that have a kind, and those whose kind is a right one. */
  same: number;
  rightKind: number;
  milliseconds: number;
}

/** What looking at a pair is worth when every pair is looked at: what candidates cannot find is another question. */
export const verification: Bench = {
  about:
    "edits that verification believes, look-alikes that it does not, and its price (--scale 0.1 --half choosing --seed 7 --folder F)",
  async run(_, say, _images, options = {}) {
    const { pictures, files } = await openCorpus(corpusOptions(options), say);
    const see = pictureReader(pictures);
    const edits = new Map<string, Tally>();
    const classes = new Map<string, Tally>();
    for (const { a, b, verdict } of labelledPairs(files)) {
      if (verdict === "related") continue;
      const [first, second] = [await see(a), await see(b)];
      if (first === null || second === null) continue;
      const begun = process.cpuUsage();
      const seen = verifyPair(first, second);
      const { user, system } = process.cpuUsage(begun);
      const tally = tallyOf(verdict === "right" ? edits : classes, b.edit ?? b.class);
      add(tally, seen, b.kinds, (user + system) / 1_000);
      if (verdict === "wrong" && seen?.kind !== undefined && seen.kind !== null)
        say(`wrong: ${seen.kind} ${a.file} ${b.file}`);
    }
    for (const [name, tally] of [...edits, ...classes]) say(lineOf(name, tally));
    return rowsOf(edits, classes);
  },
};

const tallyOf = (tallies: Map<string, Tally>, name: string): Tally => {
  const known = tallies.get(name) ?? { pairs: 0, same: 0, rightKind: 0, milliseconds: 0 };
  tallies.set(name, known);
  return known;
};

const add = (tally: Tally, seen: Verdict | null, kinds: readonly string[], milliseconds: number): void => {
  tally.pairs += 1;
  tally.milliseconds += milliseconds;
  if (seen === null || seen.kind === null) return;
  tally.same += 1;
  // Bytes and digests say that a copy is identical or has the same pixels before anybody looks.
  const isCopy = seen.kind === "re-encoded" && (kinds.includes("identical") || kinds.includes("same-pixels"));
  if (kinds.includes(seen.kind) || isCopy) tally.rightKind += 1;
};

const lineOf = (name: string, { pairs, same, rightKind, milliseconds }: Tally): string =>
  `${name}: ${same} of ${pairs} the same, ${rightKind} of the right kind, ${(milliseconds / pairs).toFixed(1)} ms of CPU a pair`;

/** Reads pictures of the corpus as the hasher does; null for one that it does not read. */
const pictureReader = (folder: string) => {
  const memory = new EvidenceMemory(fastestBackend);
  const cached = new Map<string, VerifiedPicture | null>();
  return async ({ file }: FileTruth): Promise<VerifiedPicture | null> => {
    const known = cached.get(file);
    if (known !== undefined) return known;
    const { decoded } = await decodePicture(await readFile(join(folder, file)), null, LIMITS, undefined);
    const picture = "pixels" in decoded ? verified(memory, decoded.pixels) : null;
    cached.set(file, picture);
    for (const oldest of cached.keys()) if (cached.size > CACHED) cached.delete(oldest);
    return picture;
  };
};

const verified = (memory: EvidenceMemory, pixels: PicturePixels): VerifiedPicture =>
  verifiedPicture(pixels, takeEvidence(memory, pixels, DEFAULT_FEATURES));

const rowsOf = (edits: ReadonlyMap<string, Tally>, classes: ReadonlyMap<string, Tally>): Row[] => {
  const sum = (tallies: ReadonlyMap<string, Tally>, of: (tally: Tally) => number): number =>
    [...tallies.values()].reduce((total, tally) => total + of(tally), 0);
  const reading = { bench: "verification", rival: "all pairs", unit: "pairs", goal: null };
  const same = sum(edits, (tally) => tally.same);
  return [
    ...EDITS.flatMap(({ name, goal }) => {
      const tally = edits.get(name);
      if (tally === undefined) return [];
      return [throughputRow({ ...reading, case: `believed, ${name}`, ours: tally.same, theirs: tally.pairs, goal })];
    }),
    throughputRow({
      ...reading,
      case: "of the right kind",
      rival: "believed pairs",
      ours: sum(edits, ({ rightKind }) => rightKind),
      theirs: same,
      goal: 0.95,
    }),
    throughputRow({
      ...reading,
      case: "look-alikes that are not believed",
      ours: sum(classes, (tally) => tally.pairs - tally.same),
      theirs: sum(classes, ({ pairs }) => pairs),
      goal: 0.999,
    }),
  ];
};
