import type { Bus } from "@lookalike/shared/bus/connect";
import { AckPolicy, DeliverPolicy, type JsMsg } from "nats";

/** Every message of a stream, in order, through a consumer with back-pressure. */
export async function* messagesOf({ js, jsm }: Bus, stream: string): AsyncGenerator<JsMsg> {
  const { state } = await jsm.streams.info(stream);
  const { name } = await jsm.consumers.add(stream, {
    ack_policy: AckPolicy.Explicit,
    deliver_policy: DeliverPolicy.All,
  });
  const consumer = await js.consumers.get(stream, name);
  for (let read = 0; read < state.messages; ) {
    // Requests no more than there is: a fetch that expires loses messages on their way for 30 seconds.
    const request = { max_messages: Math.min(100, state.messages - read), expires: 30_000 };
    for await (const message of await consumer.fetch(request)) {
      message.ack();
      read += 1;
      yield message;
    }
  }
}
