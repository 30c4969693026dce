import { KindAcceptedByRule } from "@lookalike/shared/domain/image/pair-kind";
import { directorySource } from "@lookalike/shared/domain/job/source";
import { finished, type System, startSystem } from "../../../test/support/system.ts";
import type { FoundPairs } from "../pairs.ts";
import { type AcceptedPair, type Answer, type Contender, indexer } from "./contender.ts";
import { cpuSecondsOfChildren } from "./cpu-seconds.ts";

type Group = ReturnType<System["client"]["groups"]> extends AsyncGenerator<infer Item> ? Item : never;

const JOB_SECONDS = 7_200;
/** Pairs are stored up to this distance by default; a regrouping can use all of them. */
const LARGEST = 32;
const STANDARD = 20;
const PAGE = 500;
const CATALOG = "quality";

/** The groups of a job, as its owner reads them by the REST API. */
const readGroups = async ({ client }: System, job: string): Promise<Group[]> => {
  const groups: Group[] = [];
  for await (const group of client.groups(job, {}, PAGE)) groups.push(group);
  return groups;
};

/** One job that verifies what it finds. */
export const lookalike: Contender = {
  name: "Lookalike",
  standard: null,
  largest: LARGEST,
  run: (pictures, names) => onSystem(async (system) => answerOf(system, pictures, indexer(names), true)),
};

/** One job without verification; then the same pictures grouped as pairs. */
export const lookalikeHashes: Contender = {
  name: "Lookalike, hashes alone",
  standard: STANDARD,
  largest: LARGEST,
  run: (pictures, names) =>
    onSystem(async (system) => {
      const indexOf = indexer(names);
      const answer = await answerOf(system, pictures, indexOf, false);
      const catalog = await system.client.findCatalog(CATALOG);
      const options = { mode: "regroup", thresholdBits: LARGEST, grouping: "pairs" } as const;
      const regrouped = await finished(system.client, (await system.client.startJob(catalog, options)).id, JOB_SECONDS);
      return { ...answer, pairs: pairsOf(await readGroups(system, regrouped.id), indexOf) };
    }),
};

const onSystem = async (work: (system: System) => Promise<Answer>): Promise<Answer> => {
  const system = await startSystem();
  try {
    return await work(system);
  } finally {
    await system.stop();
  }
};

const answerOf = async (
  system: System,
  pictures: string,
  indexOf: (path: string) => number,
  verification: boolean,
): Promise<Answer> => {
  const before = cpuSecondsOfChildren();
  const job = await system.run(directorySource(pictures), { verification }, CATALOG, JOB_SECONDS);
  if (job.state !== "completed") throw new Error(`the job is ${job.state}: ${job.failure}`);
  const cpuSeconds = cpuSecondsOfChildren() - before;
  const groups = await readGroups(system, job.id);
  const indices = (list: readonly Group[]) => list.map(({ members }) => members.map(({ path }) => indexOf(path)));
  const byKind = Object.fromEntries(
    [...new Set(groups.map(({ kind }) => kind))].map((kind) => [
      `of kind ${kind}`,
      indices(groups.filter((group) => group.kind === kind)),
    ]),
  );
  return {
    cpuSeconds,
    version: "this commit",
    pairs: null,
    groups: { default: indices(groups), ...byKind },
    accepted: groups.flatMap((group) => acceptedOf(group, indexOf)),
  };
};

/** Kinds that owners accept by a rule: the same picture, resized or encoded again at most. */
const ACCEPTED: ReadonlySet<string> = new Set(["exact", "variant", ...KindAcceptedByRule.options]);

const acceptedOf = (group: Group, indexOf: (path: string) => number): AcceptedPair[] => {
  const keeper = group.members.find(({ ordinal }) => ordinal === group.keeper);
  if (keeper === undefined) throw new Error(`group ${group.number} has no keeper`);
  return group.members
    .filter((member) => ACCEPTED.has(group.kind) && member !== keeper)
    .map(({ path }) => ({ keeper: indexOf(keeper.path), removed: indexOf(path), kind: group.kind }));
};

const pairsOf = (groups: readonly Group[], indexOf: (path: string) => number): FoundPairs => {
  const members = groups.map((group) => {
    const [first, second] = group.members;
    if (first === undefined || second === undefined) throw new Error(`group ${group.number} has no two members`);
    // One of the two is the keeper, at distance 0 of itself; equal bytes have no distance.
    const distance = Math.max(first.distance ?? 0, second.distance ?? 0);
    return { a: indexOf(first.path), b: indexOf(second.path), distance, kind: group.kind };
  });
  return {
    a: Uint32Array.from(members, ({ a }) => a),
    b: Uint32Array.from(members, ({ b }) => b),
    distance: Uint32Array.from(members, ({ distance }) => distance),
    kinds: members.map(({ kind }) => kind),
  };
};
