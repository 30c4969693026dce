import { rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hammingDistance } from "@lookalike/shared/domain/image/hamming";
import { defaultThresholdBits } from "@lookalike/shared/domain/job/options";
import { randomWords } from "@lookalike/shared/domain/primitives/random";
import { withChangedBits } from "../test/support/hashes.ts";
import { WITH_KEY } from "../test/support/servers.ts";
import { type System, startSystem } from "../test/support/system.ts";
import { type Bench, costRow } from "./bench.ts";
import { median } from "./statistics.ts";

const LIBRARY = 100_000;
const CARD = 2_000;
const WORDS = 8;
const CHANGED_BITS = 6;
const LIMIT_SECONDS = 1_200;

/** A card's pictures against a library: the whole job and both of its lists, beside a plain scan in memory. */
export const reference: Bench = {
  about: `${CARD} images of a card against a library of ${LIBRARY} (or --images N), beside a plain scan`,
  async run(rounds, say, images = LIBRARY) {
    const random = randomWords(images);
    const library = Array.from({ length: images }, () => Uint32Array.from({ length: WORDS }, random));
    const card = Array.from({ length: CARD }, (_, at) =>
      at % 2 === 0
        ? withChangedBits(library[(at * 37) % images] as Uint32Array, random() % (CHANGED_BITS + 1), random)
        : Uint32Array.from({ length: WORDS }, random),
    );
    const folder = join(tmpdir(), `lookalike-bench-${process.pid}`);
    const files = { library: `${folder}-library.ndjson`, card: `${folder}-card.ndjson` };
    await Promise.all([write(files.library, library), write(files.card, card)]);
    const ours: number[] = [];
    const scan: number[] = [];
    const system = await startSystem();
    try {
      await system.run({ kind: "hashes", file: files.library }, {}, "library", LIMIT_SECONDS);
      const options = {
        reference: await system.client.openCatalog("library", { kind: "hashes", file: files.library }),
      };
      for (let round = 0; round < rounds; round += 1) {
        const started = performance.now();
        const job = await system.run({ kind: "hashes", file: files.card }, options, `card ${round}`, LIMIT_SECONDS);
        const present = await list(system, job.id, true);
        const absent = await list(system, job.id, false);
        ours.push(performance.now() - started);
        const begun = performance.now();
        const expected = card.filter((hash) => isIn(hash, library)).length;
        scan.push(performance.now() - begun);
        say(`present ${present}, absent ${absent}, by the scan ${expected}`);
        if (present !== expected || present + absent !== CARD) throw new Error("the lists are not those of the scan");
      }
    } finally {
      await system.stop();
      await Promise.all(Object.values(files).map((file) => rm(file)));
    }
    return [
      costRow({
        bench: "reference",
        case: `${CARD} images against ${images}, job and both lists`,
        ours: median(ours) / 1_000,
        rival: "a plain scan in memory",
        theirs: median(scan) / 1_000,
        unit: "s",
        goal: null,
      }),
    ];
  },
};

const bytesOf = (hash: Uint32Array): Buffer => Buffer.from(hash.buffer, hash.byteOffset, hash.byteLength);

const write = (file: string, hashes: readonly Uint32Array[]): Promise<void> =>
  writeFile(
    file,
    hashes.map((hash, at) => `${JSON.stringify({ id: `img-${at}`, hash: bytesOf(hash).toString("hex") })}\n`).join(""),
  );

const isIn = (hash: Uint32Array, library: readonly Uint32Array[]): boolean => {
  const queried = bytesOf(hash);
  return library.some((other) => hammingDistance(queried, bytesOf(other)) <= defaultThresholdBits(WORDS * 32));
};

const getJson = async ({ address }: System, path: string): Promise<unknown> =>
  (await fetch(`${address}/v1${path}`, { headers: WITH_KEY })).json();

/** How many images are on a list, read page by page. */
const list = async (system: System, job: string, present: boolean): Promise<number> => {
  let count = 0;
  for (let cursor: string | null = ""; cursor !== null; ) {
    const page = (await getJson(
      system,
      `/jobs/${job}/reference?present=${present}&limit=500${cursor === "" ? "" : `&cursor=${cursor}`}`,
    )) as { items: unknown[]; next: string | null };
    count += page.items.length;
    cursor = page.next;
  }
  return count;
};
