import { readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readStream } from "@lookalike/shared/bus/read";
import { STREAMS, subjects } from "@lookalike/shared/bus/topology";
import { decodeEvent } from "@lookalike/shared/domain/job/events";
import { z } from "zod";
import { writeHashes } from "../test/support/hashes.ts";
import { requestEndpoint } from "../test/support/request.ts";
import { connectTo } from "../test/support/servers.ts";
import { startSystem } from "../test/support/system.ts";
import { type Bench, costRow, type Row, throughputRow } from "./bench.ts";
import { median } from "./statistics.ts";

const IMAGES = 96_144;
const LIMIT_MB = 400;

const Verified = z.object({ ok: z.literal(true) });
const Answer = z.object({ events: z.int(), seconds: z.number(), equal: z.boolean() });

/** A finished job folded again from the log into an empty schema, against reading the log alone. */
export const replay: Bench = {
  about: "a job of 96,144 images folded from the log into empty tables, against reading the log",
  async run(rounds, say, images = IMAGES) {
    const file = join(tmpdir(), `lookalike-bench-${process.pid}.ndjson`);
    await writeHashes(file, { images, bits: 256, seed: 96_144, copiesPerThousand: 60 });
    const system = await startSystem();
    const { bus, close } = await connectTo(system.servers.environment);
    const ours: number[] = [];
    const theirs: number[] = [];
    const seconds: number[] = [];
    const peakOf = async (): Promise<number> => {
      const status = await readFile(`/proc/${system.services.pid("coordinator")}/status`, "utf8");
      return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1_000;
    };
    try {
      const job = await system.run({ kind: "hashes", file }, { kernel: "exhaustive", blockSize: 250 }, "replay", 900);
      say(`${job.completedTasks} tasks done; the coordinator's peak RSS ${(await peakOf()).toFixed(0)} MB`);
      for (let round = 0; round < rounds; round += 1) {
        const started = performance.now();
        let read = 0;
        for await (const { body } of readStream(bus, STREAMS.events, subjects.eventsOf(job.id)))
          if (decodeEvent(body) !== null) read += 1;
        theirs.push(read / ((performance.now() - started) / 1_000));
        const answer = Answer.parse((await requestEndpoint(bus, "coordinator.replay", { job: job.id }, 600_000)).body);
        if (!answer.equal || answer.events !== read) throw new Error(`not the same: ${JSON.stringify(answer)}`);
        ours.push(answer.events / answer.seconds);
        seconds.push(answer.seconds);
        say(
          `${answer.events} events in ${answer.seconds} s, every table equal; read alone ${theirs.at(-1)?.toFixed(0)}/s`,
        );
      }
      /** Seconds of an endpoint that finds nothing wrong. */
      const secondsOf = async (endpoint: string, request: object): Promise<number> => {
        const started = performance.now();
        Verified.parse((await requestEndpoint(bus, endpoint, { job: job.id, ...request }, 600_000)).body);
        return (performance.now() - started) / 1_000;
      };
      const verified = {
        "verify by digests": await secondsOf("coordinator.verify", {}),
        "computed again: 20 tasks, all groups": await secondsOf("comparer.verify", {}),
        "computed again: all tasks, all groups": await secondsOf("comparer.verify", { tasks: "all" }),
      };
      const rows: Row[] = [
        throughputRow({
          bench: "replay",
          case: `${images} images: folded, and compared equal`,
          ours: median(ours),
          rival: "read and parsed alone",
          theirs: median(theirs),
          unit: "events/s",
          goal: null,
        }),
        costRow({
          bench: "replay",
          case: `${images} images: the coordinator's peak RSS`,
          ours: await peakOf(),
          rival: "limit",
          theirs: LIMIT_MB,
          unit: "MB",
          goal: 1,
        }),
        ...Object.entries(verified).map(([name, ours]) =>
          costRow({
            bench: "replay",
            case: `${images} images: ${name}`,
            ours,
            rival: "the replay",
            theirs: median(seconds),
            unit: "s",
            goal: null,
          }),
        ),
      ];
      say(`median ${median(seconds)} s`);
      return rows;
    } finally {
      await close();
      await system.stop();
      await rm(file, { force: true });
    }
  },
};
