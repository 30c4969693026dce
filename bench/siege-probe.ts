// A process of its own, so that the attacks do not delay its clock. Requests each address every 50 ms until its parent disconnects:
// addresses as JSON, with a key -> latencies in ms and statuses by address over IPC
import { Agent, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

const PAUSE_MS = 50;

export interface Probed {
  readonly milliseconds: number[];
  readonly statuses: Record<string, number>;
}

const { addresses, key } = JSON.parse(process.argv[2] ?? "{}") as {
  readonly addresses: readonly string[];
  readonly key: string;
};

/** One request over a new connection, as an orchestrator sends them. */
const requestOnce = (address: string): Promise<string> =>
  new Promise((resolve) => {
    const agent = new Agent({ keepAlive: false });
    request(address, { agent, headers: { authorization: `Bearer ${key}` } }, (response) => {
      response.resume().once("end", () => resolve(String(response.statusCode)));
    })
      .once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
      .end();
  });

let stopping = false;
const probe = async (address: string): Promise<Probed> => {
  const milliseconds: number[] = [];
  const statuses: Record<string, number> = {};
  while (!stopping) {
    const started = performance.now();
    const status = await requestOnce(address);
    milliseconds.push(performance.now() - started);
    statuses[status] = (statuses[status] ?? 0) + 1;
    await sleep(PAUSE_MS);
  }
  return { milliseconds, statuses };
};

process.once("message", () => {
  stopping = true;
});
const probed = await Promise.all(addresses.map(probe));
process.send?.(Object.fromEntries(addresses.map((address, at) => [address, probed[at]])));
process.disconnect();
