import { cp, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { STREAMS } from "@lookalike/shared/bus/topology";
import type { Stage } from "./stage.ts";

/** Stores what explains a round that failed, before its stage is gone. @returns the folder with it, and its streams in a line each */
export const recordState = async (
  { logs, bus, store, instances }: Stage,
  name: string,
): Promise<{ folder: string; streams: string[] }> => {
  const folder = await mkdtemp(join(tmpdir(), `lookalike-chaos-${name}-`));
  for (const { log } of instances) await cp(log, join(folder, basename(log)));
  await cp(logs, folder, { recursive: true });
  const state: Record<string, unknown> = {};
  for (const table of ["job", "outbox", "task_attempt", "finalization"])
    state[table] = (await store.pool.query(`select to_jsonb(t) as row from ${table} t`)).rows.map(({ row }) => row);
  for (const stream of Object.values(STREAMS))
    state[stream] = await (async () => ({
      stream: (await bus.jsm.streams.info(stream, { subjects_filter: ">" })).state,
      consumers: (await bus.jsm.consumers.list(stream).next())
        .filter(({ delivered }) => delivered.consumer_seq > 0)
        .map(({ name, delivered, ack_floor, num_pending, num_ack_pending, num_waiting }) => ({
          name,
          delivered,
          ack_floor,
          num_pending,
          num_ack_pending,
          num_waiting,
        })),
    }))().catch((error: unknown) => String(error));
  await writeFile(join(folder, "state.json"), JSON.stringify(state, null, 1));
  return { folder, streams: Object.values(STREAMS).map((stream) => `${stream}: ${JSON.stringify(state[stream])}`) };
};
