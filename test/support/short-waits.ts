import { type BusFiles, connectBus } from "@lookalike/shared/bus/connect";
import { ensureTopology, STREAMS } from "@lookalike/shared/bus/topology";
import { nanos } from "nats";

/** Long enough for what tests do, since workers renew only what takes more than ten seconds. */
const ACK_WAIT_SECONDS = 4;

/**
 * Makes streams and consumers as an administrator may, with ack waits so short that a killed
 * process' messages come again soon. Gives the environment of services that leave them so.
 */
export const shortWaits = async (
  environment: Record<string, string>,
  { replicas = 1, files = {} }: { replicas?: number; files?: BusFiles } = {},
): Promise<Record<string, string>> => {
  const bus = await connectBus(environment["NATS_URL"] ?? "", "lookalike-test", () => undefined, files);
  await ensureTopology(bus, replicas);
  for (const stream of Object.values(STREAMS))
    for await (const { name } of bus.jsm.consumers.list(stream))
      await bus.jsm.consumers.update(stream, name, { ack_wait: nanos(ACK_WAIT_SECONDS * 1_000) });
  await bus.connection.close();
  return { LOOKALIKE_TOPOLOGY: "others" };
};
