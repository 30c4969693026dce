import type { Edges } from "@lookalike/shared/domain/grouping/edges";
import { groupNodes } from "@lookalike/shared/domain/grouping/grouping";
import { similarityGraph } from "@lookalike/shared/domain/grouping/similarity";
import { randomWords } from "@lookalike/shared/domain/primitives/random";
import { type Bench, costRow, type Row } from "./bench.ts";
import { median } from "./statistics.ts";

const THRESHOLD = 20;

interface Graph {
  readonly nodes: number;
  readonly edges: Edges;
}

/** Edges that a generator gives, `most` of them at most. */
const graphOf = (nodes: number, most: number, pairs: Iterable<readonly [number, number]>): Graph => {
  const random = randomWords(nodes);
  const edges = { a: new Uint32Array(most), b: new Uint32Array(most), distance: new Uint8Array(most) };
  let count = 0;
  for (const [a, b] of pairs) {
    edges.a[count] = a;
    edges.b[count] = b;
    edges.distance[count] = random() % (THRESHOLD + 1);
    count += 1;
  }
  const { a, b, distance } = edges;
  return { nodes, edges: { a: a.subarray(0, count), b: b.subarray(0, count), distance: distance.subarray(0, count) } };
};

function* allPairs(nodes: number, keep: () => boolean): Generator<[number, number]> {
  for (let a = 0; a < nodes; a += 1) for (let b = a + 1; b < nodes; b += 1) if (keep()) yield [a, b];
}

function* chain(nodes: number): Generator<[number, number]> {
  for (let a = 0; a + 1 < nodes; a += 1) yield [a, a + 1];
}

/** Near copies of one or two others, as a large catalog has them. */
function* scattered(nodes: number, edges: number): Generator<[number, number]> {
  const random = randomWords(edges);
  for (let edge = 0; edge < edges; edge += 1) {
    const a = random() % (nodes - 8);
    yield [a, a + 1 + (random() % 7)];
  }
}

const CASES: Record<string, () => Graph> = {
  "5,000 mutually similar images": () =>
    graphOf(
      5_000,
      12_497_500,
      allPairs(5_000, () => true),
    ),
  "a chain of 100,000": () => graphOf(100_000, 99_999, chain(100_000)),
  "3,000 images, 10 % of all pairs": () => {
    const random = randomWords(3);
    return graphOf(
      3_000,
      4_498_500,
      allPairs(3_000, () => random() % 10 === 0),
    );
  },
  "10,000,000 edges among 20,000,000 images": () => graphOf(20_000_000, 10_000_000, scattered(20_000_000, 10_000_000)),
};

/** Cliques against the connected components of the same graph: a sweep that any grouping has to make. */
export const grouping: Bench = {
  about: "cliques of dense, long and large graphs, beside connected components",
  async run(rounds, say) {
    const rows: Row[] = [];
    for (const [name, make] of Object.entries(CASES)) {
      const { nodes, edges } = make();
      const times: Record<"clique" | "transitive", number[]> = { clique: [], transitive: [] };
      for (let round = 0; round < rounds; round += 1) {
        for (const kind of ["clique", "transitive"] as const) {
          const started = performance.now();
          const groups = groupNodes(similarityGraph(nodes, edges), kind);
          times[kind].push((performance.now() - started) / 1_000);
          const resident = (process.memoryUsage().rss / 1e6).toFixed(0);
          say(
            `${name}, ${kind}: ${times[kind].at(-1)?.toFixed(2)} s, ${groups.length} groups, ${resident} MB resident`,
          );
        }
      }
      rows.push(
        costRow({
          bench: "grouping",
          case: name,
          ours: median(times.clique),
          rival: "connected components",
          theirs: median(times.transitive),
          unit: "s",
          goal: null,
        }),
      );
    }
    return rows;
  },
};
