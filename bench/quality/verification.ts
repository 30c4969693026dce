import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { KindAcceptedByRule } from "@lookalike/shared/domain/image/pair-kind";
import { type Bench, type Row, throughputRow } from "../bench.ts";
import { corpusOptions, openCorpus } from "./corpus.ts";
import { EDITS } from "./edits/edits.ts";
import { FamilyGroups } from "./family-groups.ts";
import { PairTruth } from "./pairs.ts";
import { calibrationError, drawReliability, type ReliabilityBin, reliability } from "./reliability.ts";
import { pictureReader } from "./see-pictures.ts";
import { type SeenPair, seenPairs } from "./seen-pairs.ts";

/** What came of the pairs of one edit, or of one class of look-alikes. */
interface Tally {
  pairs: number;
  /** Pairs that have a kind, and those whose kind is a right one. */
  same: number;
  rightKind: number;
  milliseconds: number;
}

const ACCEPTED: ReadonlySet<string> = new Set(KindAcceptedByRule.options);
/** Kinds that say: not the same picture. */
const OTHERS: ReadonlySet<string | null> = new Set([null, "burst", "similar"]);

/** What looking at a pair is worth when every pair is looked at: what candidates cannot find is another question. */
export const verification: Bench = {
  about:
    "edits that verification believes, look-alikes that it does not, families, and its price (--scale 0.1 --half choosing --seed 7 --folder F --report docs)",
  async run(_, say, _images, options = {}) {
    const { pictures, files } = await openCorpus(corpusOptions(options), say);
    const edits = new Map<string, Tally>();
    const classes = new Map<string, Tally>();
    const groups = new FamilyGroups(new PairTruth(files));
    const rated: { probability: number; isSame: boolean }[] = [];
    let wronglyAccepted = 0;
    for await (const pair of seenPairs(files, pictureReader(pictures))) {
      const { b, truth, seen, kind } = pair;
      groups.add(pair);
      // Moments of one scene and memes of one template are neither copies nor strangers: only what calls them copies is wrong.
      if (truth === "related" && OTHERS.has(kind)) continue;
      add(tallyOf(truth === "right" ? edits : classes, b.edit ?? b.class), pair);
      rated.push({ probability: seen?.probability ?? 0, isSame: truth === "right" });
      if (truth === "right" || OTHERS.has(kind)) continue;
      if (ACCEPTED.has(kind ?? "")) wronglyAccepted += 1;
      say(`wrong: ${kind} ${pair.a.file} ${b.file}`);
    }
    for (const [name, tally] of [...edits, ...classes]) say(lineOf(name, tally));
    const bins = reliability(rated);
    for (const bin of bins) say(binLine(bin));
    const score = groups.score();
    say(
      `families by masters: F1 ${score.f1.toFixed(4)} (precision ${score.precision.toFixed(5)}, recall ${score.recall.toFixed(4)}), ${score.whole} of ${score.families} whole, ${score.wrongGroups} wrong; of ${(score.mastersRight * 100).toFixed(1)} % the master is the original`,
    );
    const report = options["report"];
    if (report !== undefined) {
      await mkdir(join(report, "images"), { recursive: true });
      await writeFile(join(report, "images", "reliability.svg"), drawReliability(bins));
    }
    return [
      ...rowsOf(edits, classes),
      measured("accepted by rule, of these look-alikes", wronglyAccepted, 1, null),
      measured("calibration error of the probability", calibrationError(bins), 1, null),
      measured("F1 of families", score.f1, 1, 0.97),
      measured("the original is the master", score.mastersRight, 1, null),
    ];
  },
};

const measured = (name: string, ours: number, theirs: number, goal: number | null): Row => ({
  ...throughputRow({ bench: "verification", case: name, ours, rival: "all", theirs, unit: "part", goal }),
});

const tallyOf = (tallies: Map<string, Tally>, name: string): Tally => {
  const known = tallies.get(name) ?? { pairs: 0, same: 0, rightKind: 0, milliseconds: 0 };
  tallies.set(name, known);
  return known;
};

const add = (tally: Tally, { kind, b, milliseconds }: SeenPair): void => {
  tally.pairs += 1;
  tally.milliseconds += milliseconds;
  if (kind === null || OTHERS.has(kind)) return;
  tally.same += 1;
  // Bytes and digests say that a copy is identical or has the same pixels before anybody looks.
  const isCopy = kind === "re-encoded" && (b.kinds.includes("identical") || b.kinds.includes("same-pixels"));
  if (b.kinds.some((right) => right === kind) || isCopy) tally.rightKind += 1;
};

const lineOf = (name: string, { pairs, same, rightKind, milliseconds }: Tally): string =>
  `${name}: ${same} of ${pairs} the same, ${rightKind} of the right kind, ${(milliseconds / pairs).toFixed(1)} ms of CPU a pair`;

const binLine = ({ from, to, pairs, predicted, observed }: ReliabilityBin): string =>
  `probability ${from} to ${to}: ${pairs} pairs, predicted ${predicted.toFixed(4)}, observed ${observed.toFixed(4)}`;

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
