import { type Backend, fastestBackend, wasmBackend } from "@lookalike/engine/compare/backend";
import { bandsOf } from "@lookalike/engine/compare/bands";
import { chooseKernel, indexedSeconds } from "@lookalike/engine/compare/choose-kernel";
import { exhaustiveBy } from "@lookalike/engine/compare/exhaustive";
import { indexedBy, type Tile } from "@lookalike/engine/compare/indexed";
import { type Bench, costRow, type Row } from "./bench.ts";
import { BkTree } from "./bk-tree.ts";
import { CASES, selfJoinSeconds } from "./exhaustive.ts";
import { type HashSet, randomHashes, realLikeHashes } from "./hash-sets.ts";
import { Rivals } from "./rival.ts";
import { median } from "./statistics.ts";

const REDESIGN = 96_144;
const MILLION = 1_000_000;
const TEN_MILLION = 10_000_000;
/** Queries of the BK-tree: all of them would take hours. */
const QUERIES = 500;
/** The exhaustive kernel's rate at a million is that of so many rows: it does not change any more. */
const EXHAUSTIVE_ROWS = 32_768;
const BLOCK = 4_096;

/** What the exhaustive kernel of the goals runs on. */
const exhaustive = exhaustiveBy(wasmBackend);

/**
 * Whole self-joins by the indexed kernel, one thread: by this machine's fastest backend, which the goals are for, and by
 * WebAssembly.
 */
export const indexed: Bench = {
  about: "whole self-joins by the indexed kernel: faiss, exhaustive, a BK-tree; growth to 10,000,000",
  async run(rounds, say) {
    const rivals = new Rivals();
    const rows: Row[] = [];
    for (const { bits, radius } of CASES) {
      let least = 0;
      for (const [name, make] of [
        ["random", randomHashes],
        ["real-like", realLikeHashes],
      ] as const) {
        for (const count of [REDESIGN, MILLION]) {
          const hashes = make(count, bits);
          const label = `${count} ${name} hashes of ${bits} bits, radius ${radius}`;
          const ours = median(
            Array.from({ length: rounds }, () => join(fastestBackend, hashes, bits, radius, say).seconds),
          );
          const { pairs } = join(fastestBackend, hashes, bits, radius, say);
          if (name === "random" && count === REDESIGN) least = ours;
          join(wasmBackend, hashes, bits, radius, say);
          const against = (rival: string, theirs: number, goal: number | null) =>
            rows.push(costRow({ bench: "indexed", case: label, ours, rival, theirs, unit: "s", goal }));
          against(
            "exhaustive, WebAssembly",
            exhaustiveSecondsOf(hashes, radius),
            EXHAUSTIVE_GOALS[name]?.[count] ?? null,
          );
          if (count !== REDESIGN) continue;
          const faiss = await rivals.faiss(hashes, bits, radius, "multi");
          // A pair of equal hashes is one row here and two there.
          say(`faiss ${faiss.configuration}: ${faiss.seconds.toFixed(2)} s, ${faiss.pairs} pairs; ours ${pairs}`);
          against(`faiss MultiHash ${faiss.configuration}`, faiss.seconds, name === "random" ? 12 : 5);
          against(`BK-tree, from ${QUERIES} queries`, bkTreeSeconds(hashes, bits, radius), null);
        }
      }
      const hashes = randomHashes(TEN_MILLION, bits);
      join(wasmBackend, hashes, bits, radius, say);
      const { seconds } = join(fastestBackend, hashes, bits, radius, say);
      rows.push(
        costRow({
          bench: "indexed",
          case: `growth exponent from ${REDESIGN} to ${TEN_MILLION} (${seconds.toFixed(1)} s), ${bits} bits`,
          ours: Math.log(seconds / least) / Math.log(TEN_MILLION / REDESIGN),
          rival: "limit",
          theirs: 1.2,
          unit: "exponent",
          goal: 1,
        }),
      );
    }
    rivals.close();
    return rows;
  },
};

/** Never slower than exhaustive on skewed data; on random data far faster at a million. */
const EXHAUSTIVE_GOALS: Record<string, Record<number, number>> = {
  random: { [MILLION]: 150 },
  "real-like": { [REDESIGN]: 1, [MILLION]: 1 },
};

let joins = 0;

/** One whole self-join, loading and collapsing included. */
const join = (backend: Backend, hashes: Tile, bits: number, radius: number, say: (text: string) => void) => {
  const count = hashes.ordinals.length;
  const plan = { firstBlock: 0, blocks: Math.ceil(count / BLOCK), pairsPerTask: 1, index: null };
  const { index } = chooseKernel({
    backend: backend.name,
    choice: "indexed",
    plan,
    blockSize: BLOCK,
    hashBits: bits,
    radiusBits: radius,
  });
  const bands = index?.bands ?? 1;
  joins += 1;
  const tile = { ...hashes, id: `${hashes.id} ${joins}` };
  const joinBand = indexedBy(backend);
  let pairs = 0;
  const started = performance.now();
  for (let band = 0; band < bands; band += 1)
    joinBand({ left: tile, right: tile, hashBits: bits, radiusBits: radius, band, bands }, ({ a }) => {
      pairs += a.length;
    });
  const seconds = (performance.now() - started) / 1_000;
  const model = indexedSeconds(
    backend.name,
    { left: count, right: count, same: true },
    bandsOf(bits, radius, bands) ?? [],
    bits / 8,
  );
  say(
    `${hashes.id}, ${backend.name}: ${bands} bands, ${seconds.toFixed(3)} s (cost model ${model.toFixed(3)} s), ${pairs} pairs`,
  );
  return { seconds, pairs };
};

const exhaustiveSecondsOf = (hashes: Tile, radius: number): number => {
  const width = hashes.words.length / hashes.ordinals.length;
  const sample = {
    ordinals: hashes.ordinals.subarray(0, EXHAUSTIVE_ROWS),
    words: hashes.words.subarray(0, EXHAUSTIVE_ROWS * width),
  };
  return selfJoinSeconds(exhaustive, sample, radius).seconds * (hashes.ordinals.length / EXHAUSTIVE_ROWS) ** 2;
};

const bkTreeSeconds = (set: HashSet, bits: number, radius: number): number => {
  const bytes = set.hashes;
  const hash = (row: number) => bytes.subarray((row * bits) / 8, ((row + 1) * bits) / 8);
  const started = performance.now();
  const tree = new BkTree();
  for (let row = 0; row < set.ordinals.length; row += 1) tree.add(hash(row));
  const built = performance.now();
  for (let query = 0; query < QUERIES; query += 1) tree.countWithin(hash(query), radius);
  return (built - started + ((performance.now() - built) * set.ordinals.length) / QUERIES) / 1_000;
};
