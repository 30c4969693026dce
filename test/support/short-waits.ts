import type { Bus } from "@lookalike/shared/bus/connect";
import { STREAMS } from "@lookalike/shared/bus/topology";
import { nanos } from "nats";

/** Long enough for what tests do, since workers renew only what takes more than ten seconds. */
const ACK_WAIT_SECONDS = 4;

/** The environment of services that leave streams and consumers as they are: else they would set the waits back. */
export const TOPOLOGY_OF_OTHERS = { LOOKALIKE_TOPOLOGY: "others" };

/** Makes the ack waits so short that the messages of a killed process come again soon. */
export const shortenWaits = async ({ jsm }: Bus): Promise<void> => {
  for (const stream of Object.values(STREAMS))
    for await (const { name } of jsm.consumers.list(stream))
      await jsm.consumers.update(stream, name, { ack_wait: nanos(ACK_WAIT_SECONDS * 1_000) });
};
