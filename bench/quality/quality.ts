import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { messageOf } from "@lookalike/shared/runtime/errors";
import { type Bench, type Row, throughputRow } from "../bench.ts";
import type { Answer, Contender } from "./contenders/contender.ts";
import { lookalike, lookalikeHashes } from "./contenders/lookalike.ts";
import { RIVALS } from "./contenders/rivals.ts";
import { type Corpus, corpusOptions, openCorpus } from "./corpus.ts";
import { drawCurves } from "./curve.ts";
import { EDITS } from "./edits/edits.ts";
import { type Evaluation, evaluate, type Reading } from "./evaluate.ts";
import { PairTruth } from "./pairs.ts";
import { type MissingFinder, reportText } from "./report.ts";

const CURVES = "images/quality.svg";

/** How the finders answer a corpus whose truth is known, made by seeded code. */
export const quality: Bench = {
  about:
    "edits that are found and look-alikes that are not, beside ten other settings of duplicate finders (--scale 0.1 --half choosing --seed 7 --folder F --report docs, --rivals none)",
  async run(_, say, _images, options = {}) {
    const corpus = await openCorpus(corpusOptions(options), say);
    const { evaluations, missing } = await runAll(corpus, options.rivals === "none" ? [] : RIVALS, say);
    const report = options.report ?? join(corpus.pictures, "..", "report");
    await mkdir(join(report, "images"), { recursive: true });
    const curves = evaluations.flatMap(({ curve }) => (curve === null ? [] : [curve]));
    await writeFile(join(report, CURVES), drawCurves(curves));
    await writeFile(join(report, "quality.md"), reportText(corpus.header, evaluations, missing, CURVES));
    const wrong = evaluations.flatMap(({ wrongAccepted }) => wrongAccepted);
    await writeFile(
      join(corpus.pictures, "..", "wrong-pairs.jsonl"),
      wrong.map((pair) => `${JSON.stringify(pair)}\n`).join(""),
    );
    return rowsOf(evaluations);
  },
};

const runAll = async (
  { pictures, files }: Corpus,
  rivals: readonly Contender[],
  say: (text: string) => void,
): Promise<{ evaluations: Evaluation[]; missing: MissingFinder[] }> => {
  const truth = new PairTruth(files);
  const names = files.map(({ file }) => file);
  const evaluations: Evaluation[] = [];
  const missing: MissingFinder[] = [];
  const run = async (contender: Contender): Promise<Answer | null> => {
    say(`${contender.name} …`);
    try {
      return await contender.run(pictures, names);
    } catch (error) {
      // Our own failure is none of a rival that is not installed.
      if (contender === lookalike || contender === lookalikeHashes) throw error;
      missing.push({ name: contender.name, reason: messageOf(error).split("\n")[0]?.slice(0, 120) ?? "" });
      say(`${contender.name} is missing: ${messageOf(error)}`);
      return null;
    }
  };
  for (const contender of [lookalike, lookalikeHashes, ...rivals]) {
    const answer = await run(contender);
    if (answer === null) continue;
    const evaluation = evaluate(truth, contender, answer);
    evaluations.push(evaluation);
    for (const { setting, pairs, groups } of evaluation.readings)
      say(
        `${contender.name}, ${setting}: precision ${pairs.precision.toFixed(5)}, recall ${pairs.recall.toFixed(3)}, ${pairs.wrong} wrong pairs, ${groups.whole} of ${groups.families} families whole, ${answer.cpuSeconds.toFixed(0)} s of CPU`,
      );
  }
  return { evaluations, missing };
};

/** Lookalike's default beside the best rival of each edit. */
const rowsOf = ([ours, ...rivals]: readonly Evaluation[]): Row[] => {
  const own = ours?.readings.find(({ isDefault }) => isDefault);
  if (own === undefined) return [];
  const defaults = rivals.flatMap(({ readings }) => readings.filter(({ isDefault }) => isDefault));
  const bestRival = (value: (reading: Reading) => number) =>
    defaults.reduce<{ name: string; value: number }>(
      (best, reading) => (value(reading) > best.value ? { name: reading.name, value: value(reading) } : best),
      { name: "no rival", value: 0 },
    );
  const row = (name: string, value: (reading: Reading) => number, goal: number | null): Row => {
    const best = bestRival(value);
    const reading = throughputRow({
      bench: "quality",
      case: name,
      ours: value(own),
      rival: best.name,
      theirs: best.value,
      unit: "part",
      goal: null,
    });
    // The goals are of our part itself, not of its ratio to a rival's.
    return { ...reading, goal, met: goal === null || value(own) >= goal };
  };
  return [
    row("precision of the default", ({ pairs }) => pairs.precision, 0.999),
    row("families whole", ({ groups }) => groups.whole / Math.max(1, groups.families), 0.97),
    row("F1 of groups", ({ groups }) => groups.f1, 0.97),
    ...EDITS.map(({ name, goal }) => row(`found, ${name}`, ({ pairs }) => pairs.recallOf[name] ?? 0, goal)),
  ];
};
