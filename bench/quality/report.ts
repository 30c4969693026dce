import { EDITS } from "./edits/edits.ts";
import type { Evaluation, Reading, WrongPair } from "./evaluate.ts";
import { LOOKALIKES } from "./lookalikes/lookalikes.ts";
import type { CorpusHeader } from "./truth.ts";

/** A finder that is not installed, or failed. */
export interface MissingFinder {
  readonly name: string;
  readonly reason: string;
}

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map((_, at) => (at === 0 ? "---" : "--:")), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");

const percent = (part: number | undefined): string =>
  part === undefined ? "" : (part * 100).toFixed(part > 0.9 ? 1 : 0);
/** Precision with as many digits as show what is missing to 1. */
const precise = (part: number): string => part.toFixed(part > 0.99 ? 5 : 3);

const overview = (readings: readonly Reading[]): string =>
  table(
    [
      "finder",
      "setting",
      "precision",
      "mean recall, %",
      "wrong pairs",
      "families whole",
      "F1 of groups",
      "wrong groups",
      "CPU seconds",
    ],
    readings.map(({ name, setting, pairs, groups, cpuSeconds }) => [
      name,
      setting,
      precise(pairs.precision),
      percent(pairs.recall),
      String(pairs.wrong),
      `${groups.whole} of ${groups.families}`,
      groups.f1.toFixed(3),
      `${groups.wrongGroups} of ${groups.groups}`,
      cpuSeconds.toFixed(0),
    ]),
  );

/** One reading of each finder: its default; of Lookalike also all its pairs. */
const compared = (evaluations: readonly Evaluation[]): { title: string; reading: Reading }[] =>
  evaluations.flatMap(({ name, readings }) =>
    readings
      .filter(({ isDefault, setting }) => isDefault || setting.startsWith("pairs, default"))
      .map((reading) => ({ title: reading.isDefault ? name : `${name}, all pairs`, reading })),
  );

const byEdit = (evaluations: readonly Evaluation[]): string => {
  const finders = compared(evaluations);
  return table(
    ["edit", "goal", ...finders.map(({ title }) => title)],
    EDITS.map(({ name, goal }) => [
      name,
      goal === null ? "" : percent(goal),
      ...finders.map(({ reading }) => percent(reading.pairs.recallOf[name])),
    ]),
  );
};

const byClass = (evaluations: readonly Evaluation[]): string => {
  const finders = compared(evaluations);
  return table(
    ["look-alikes", ...finders.map(({ title }) => title)],
    ["strangers", ...LOOKALIKES.map(({ name }) => name), "of two classes"].map((name) => [
      name,
      ...finders.map(({ reading }) => String(reading.pairs.wrongOf[name] ?? 0)),
    ]),
  );
};

const listed = (pairs: readonly WrongPair[]): string =>
  table(
    ["class", "kind", "stays", "goes"],
    pairs.map((pair) => [pair.class, pair.kind, pair.keeper, pair.removed]),
  );

/** How many wrong pairs are listed in the document itself; all of them are in a file beside the corpus. */
const LISTED = 40;

/** The report as Markdown. */
export const reportText = (
  { seed, scale, half, packages, files }: CorpusHeader,
  evaluations: readonly Evaluation[],
  missing: readonly MissingFinder[],
  curves: string,
): string => {
  const [ours] = evaluations;
  const wrong = ours?.wrongAccepted ?? [];
  return `# The quality of the answers

Made by \`pnpm bench quality --half ${half} --scale ${scale} --seed ${seed} --report docs\`: ${files} files of the ${half} half. Scale 1 is the whole
corpus: ${EDITS.length} edits of each original, and 200 files of each of ${LOOKALIKES.length} classes of look-alikes. The originals are of
${Object.entries(packages)
  .map(([name, version]) => `${name} ${version}`)
  .join(", ")} (Debian 12).

The finders are installed by \`pip install imagededup pdqhash\` (BENCH_PYTHON names that Python), \`cargo install czkawka_cli\` (BENCH_CZKAWKA) and
\`apt-get install findimagedupes dupeguru\`: ${evaluations.map(({ name, version }) => `${name} (${version})`).join(", ")}.
${missing.length === 0 ? "None is missing." : `Missing: ${missing.map(({ name, reason }) => `${name} (${reason})`).join("; ")}.`}

A pair is right if an original is in both pictures. Recall is that of pairs of an edit and its original, precision that of all reported pairs. A
family is whole if its original and all edits that have a goal are in one group. Pairs of finders without groups are chained to groups. "best" is
the limit with the largest harmonic mean of precision and recall on these very files. CPU seconds are those of one run with the default, from files
to pairs or groups, with all its processes and servers. Of pictures with equal hashes, the grouping \`pairs\` of Lookalike pairs only the first with others.

![Precision and recall](${curves})

${overview(evaluations.flatMap(({ readings }) => readings))}

## Found with their original, in %

${byEdit(evaluations)}

## Wrong pairs by class

${byClass(evaluations)}

## What a rule would remove wrongly

${ours?.name ?? "Lookalike"} would remove ${ours?.accepted ?? 0} files by a rule, ${wrong.length} of them wrongly.

${wrong.length === 0 ? "" : listed(wrong.slice(0, LISTED))}
${wrong.length > LISTED ? `\n${wrong.length - LISTED} more are in the file \`wrong-pairs.jsonl\` that the command writes.\n` : ""}`;
};
