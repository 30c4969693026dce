import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { directorySource } from "@lookalike/shared/domain/job/source";
import { makePhotographs } from "../test/support/photographs.ts";
import { startSystem } from "../test/support/system.ts";
import { startBareProgram } from "./bare-program.ts";
import { type Bench, throughputRow } from "./bench.ts";
import { installedScenes } from "./installed-photographs.ts";
import { median } from "./statistics.ts";

const IMAGES = 2_000;
const WIDTH = 960;

/** Files to groups through the four services, beside one program without any of them. */
export const pipeline: Bench = {
  about: `${IMAGES} real image files to groups: the system beside a bare program with as many threads`,
  async run(rounds, say) {
    const folder = join(tmpdir(), `lookalike-bench-${IMAGES}-${WIDTH}`);
    say(`Making ${IMAGES} image files in ${folder} …`);
    await makePhotographs(folder, IMAGES, WIDTH, installedScenes());
    const threads = availableParallelism();
    const system = await startSystem({
      LOOKALIKE_HASHER_THREADS: String(threads),
      LOOKALIKE_COMPARER_THREADS: String(threads),
      UV_THREADPOOL_SIZE: String(threads + 4),
    });
    const bare = startBareProgram(threads);
    const ours: number[] = [];
    const theirs: number[] = [];
    try {
      // Both warm: threads started, code compiled.
      await makePhotographs(`${folder}-warm-up`, 100, WIDTH, installedScenes());
      await system.run(directorySource(`${folder}-warm-up`));
      await bare.run(`${folder}-warm-up`);
      for (let round = 0; round < rounds; round += 1) {
        let started = performance.now();
        const job = await system.run(directorySource(folder), {}, `round ${round}`, 600);
        ours.push(IMAGES / ((performance.now() - started) / 1_000));
        started = performance.now();
        const groups = await bare.run(folder);
        theirs.push(IMAGES / ((performance.now() - started) / 1_000));
        let found = 0;
        for await (const _ of system.client.groups(job.id)) found += 1;
        say(
          `round ${round + 1}: ours ${ours.at(-1)?.toFixed(1)}, bare ${theirs.at(-1)?.toFixed(1)} images/s; ${found} and ${groups} groups`,
        );
        if (found !== groups) throw new Error(`${found} groups where the bare program finds ${groups}`);
      }
    } finally {
      await bare.stop();
      await system.stop();
    }
    return [
      throughputRow({
        bench: "pipeline",
        case: `${IMAGES} files, ${threads} threads`,
        ours: median(ours),
        rival: "bare program",
        theirs: median(theirs),
        unit: "images/s",
        goal: 0.85,
      }),
    ];
  },
};
