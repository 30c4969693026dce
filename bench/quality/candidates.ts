import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Bench, type Row, throughputRow } from "../bench.ts";
import { pairNumber, type Source, sourcesOf } from "./candidate-sources.ts";
import { corpusOptions, openCorpus } from "./corpus.ts";
import { EDITS } from "./edits/edits.ts";
import { floodRows } from "./floods.ts";
import { PairTruth } from "./pairs.ts";
import { type ReadEvidence, readEvidence } from "./read-evidence.ts";

/** What finds the pairs that verification looks at: how many true pairs each source finds, and how many others an image has. */
export const candidates: Bench = {
  about:
    "true pairs that each source of candidates finds, and how many candidates an image has (--scale 0.1 --half choosing --images 1000 for the floods)",
  async run(_, say, images = 1_000, options = {}) {
    const { header, pictures, files } = await openCorpus(corpusOptions(options), say);
    const evidence: (ReadEvidence | null)[] = [];
    for (const { file } of files) evidence.push(await readEvidence(await readFile(join(pictures, file))));
    say(`${files.length} files read`);
    const truth = new PairTruth(files);
    const sources = [...sourcesOf(evidence)];
    const chosen = new Set(sources.filter(({ isChosen }) => isChosen).flatMap(({ pairs }) => [...pairs]));
    const all = [...sources, { name: "all chosen", isChosen: true, pairs: chosen, cpuSeconds: 0 }];
    const classes = classesOf(truth);
    say(table("found of true pairs, in %", all, foundOf(truth, all)));
    say(
      table(
        "candidates of a picture in its class",
        all,
        all.map((source) => pricesOf(classes, source, files.length)),
      ),
    );
    say(
      table(
        "pairs of pictures of other originals",
        all,
        all.map((source) => strangersOf(truth, source)),
      ),
    );
    say(
      table(
        "CPU seconds",
        all,
        all.map(({ cpuSeconds }) => new Map([["all", cpuSeconds.toFixed(2)]])),
      ),
    );
    return [...rowsOf(truth, chosen), ...(images > 0 ? await floodRows(header.seed, images, say) : [])];
  },
};

/** For each edit its pairs with the originals. */
const editPairs = (truth: PairTruth): Map<string, number[]> => {
  const { files } = truth;
  const originals = new Map(
    files.flatMap((file, index) => (file.class === "original" ? [[file.families[0], index]] : [])),
  );
  const pairs = new Map<string, number[]>();
  for (const [index, { edit, families }] of files.entries()) {
    const original = originals.get(families[0]);
    if (edit === null || original === undefined) continue;
    pairs.set(edit, [...(pairs.get(edit) ?? []), pairNumber(original, index, files.length)]);
  }
  return pairs;
};

const foundOf = (truth: PairTruth, sources: readonly Source[]): Map<string, string>[] => {
  const edits = [...editPairs(truth)];
  return sources.map(
    ({ pairs }) =>
      new Map(
        [...edits, ["all edits", edits.flatMap(([, own]) => own)] as const].map(([edit, own]) => [
          edit,
          percent(own.filter((pair) => pairs.has(pair)).length, own.length),
        ]),
      ),
  );
};

const percent = (part: number, whole: number): string => ((100 * part) / Math.max(1, whole)).toFixed(0);

const classesOf = (truth: PairTruth): Map<string, number[]> => {
  const classes = new Map<string, number[]>();
  for (const [index, { class: name }] of truth.files.entries())
    if (name !== "edit" && name !== "original") classes.set(name, [...(classes.get(name) ?? []), index]);
  return classes;
};

const pricesOf = (
  classes: ReadonlyMap<string, readonly number[]>,
  { pairs }: Source,
  files: number,
): Map<string, string> =>
  new Map(
    [...classes].map(([name, members]) => {
      let count = 0;
      for (const [position, a] of members.entries())
        for (const b of members.slice(position + 1)) if (pairs.has(pairNumber(a, b, files))) count += 1;
      return [name, ((2 * count) / members.length).toFixed(1)];
    }),
  );

/** Pairs of which none is made from the other, but for those within one class of look-alikes; and those of two originals. */
const strangersOf = (truth: PairTruth, { pairs }: Source): Map<string, string> => {
  const { files } = truth;
  const count = files.filter(({ class: name }) => name === "original").length;
  let [others, originals] = [0, 0];
  for (const pair of pairs) {
    const [a, b] = [Math.floor(pair / files.length), pair % files.length];
    if (truth.verdict(a, b) === "right") continue;
    const [x, y] = [truth.file(a).class, truth.file(b).class];
    if (x === "original" && y === "original") originals += 1;
    if (x !== y || x === "edit" || x === "original") others += 1;
  }
  return new Map([
    [`of ${(files.length * (files.length - 1)) / 2}`, `${others}`],
    [`of ${(count * (count - 1)) / 2} of two originals`, `${originals}`],
  ]);
};

/** A table of Markdown, the sources in columns. */
const table = (title: string, sources: readonly Source[], columns: readonly ReadonlyMap<string, string>[]): string => {
  const names = [...new Set(columns.flatMap((column) => [...column.keys()]))];
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [
    line([title, ...sources.map(({ name }) => name)]),
    line(["---", ...sources.map(() => "--:")]),
    ...names.map((name) => line([name, ...columns.map((column) => column.get(name) ?? "")])),
    "",
  ].join("\n");
};

const rowsOf = (truth: PairTruth, chosen: ReadonlySet<number>): Row[] => {
  const pairs = editPairs(truth);
  return EDITS.flatMap(({ name, goal }) => {
    const own = pairs.get(name);
    if (own === undefined) return [];
    return [
      throughputRow({
        bench: "candidates",
        case: `found, ${name}`,
        ours: own.filter((pair) => chosen.has(pair)).length,
        rival: "true pairs",
        theirs: own.length,
        unit: "pairs",
        goal,
      }),
    ];
  });
};
