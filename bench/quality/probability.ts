import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { logistic, pairNumbers } from "@lookalike/engine/verify/probability";
import { type Bench, costRow } from "../bench.ts";
import { corpusOptions, openCorpus } from "./corpus.ts";
import { type FittedPair, fitLogistic } from "./fit-logistic.ts";
import { calibrationError, reliability } from "./reliability.ts";
import { pictureReader } from "./see-pictures.ts";
import { seenPairs } from "./seen-pairs.ts";

const WEIGHTS = join(import.meta.dirname, "../../packages/engine/src/verify/probability-weights.ts");

/** Fits the probability of pairs on the choosing half, and writes its weights into the engine. */
export const probability: Bench = {
  about: "fits the probability of a verified pair on the choosing half and writes its weights (--scale 0.1 --folder F)",
  async run(_, say, _images, options = {}) {
    const { pictures, files } = await openCorpus({ ...corpusOptions(options), half: "choosing" }, say);
    const pairs: FittedPair[] = [];
    for await (const { first, second, truth, seen } of seenPairs(files, pictureReader(pictures))) {
      // What two moments of one scene are is not for pixels to say.
      if (seen === null || truth === "related") continue;
      const isDocument = first.picture.isDocument && second.picture.isDocument;
      const numbers = pairNumbers(seen.comparison, { isDocument, isBelieved: seen.kind !== null });
      pairs.push({ numbers, isSame: truth === "right" });
    }
    const weights = fitLogistic(pairs).map((weight) => Number(weight.toFixed(3)));
    await writeFile(WEIGHTS, weightsFile(pairs.length, weights));
    const rated = pairs.map(({ numbers, isSame }) => ({
      probability: logistic(numbers.reduce((sum, value, index) => sum + value * (weights[index] ?? 0), 0)),
      isSame,
    }));
    const reading = { bench: "probability", rival: "none", theirs: 1, unit: "part", goal: null };
    const ours = calibrationError(reliability(rated));
    return [costRow({ ...reading, case: "calibration error where it was fitted", ours })];
  },
};

const weightsFile = (pairs: number, weights: readonly number[]): string =>
  `/** Written by \`pnpm bench probability\`: the weights of probability.ts, and how many pairs they were fitted on. */
export const PAIRS = ${pairs.toLocaleString("en").replaceAll(",", "_")};
export const WEIGHTS: readonly number[] = [${weights.join(", ")}];
`;
