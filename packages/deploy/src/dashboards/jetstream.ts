import { CONSUMERS, RATE, STREAMS, TASKS } from "../selectors.ts";
import { type Dashboard, lines, narrow } from "./panel.ts";

export const JETSTREAM: Dashboard = {
  uid: "lookalike-jetstream",
  title: "Lookalike: JetStream",
  rows: {
    Streams: [
      lines("Bytes", "Stored, by stream", "bytes", "change-stream-limits", {
        "{{stream_name}}": `sum by (stream_name) (nats_stream_total_bytes${STREAMS})`,
      }),
      lines("Bytes against limit", "1 = full", "percentunit", "lookalikestreamnearlimit", {
        "{{stream_name}}": `sum by (stream_name) (nats_stream_total_bytes${STREAMS} / (nats_stream_limit_bytes${STREAMS} > 0))`,
      }),
      lines("Messages", "Stored, by stream", "short", "change-stream-limits", {
        "{{stream_name}}": `sum by (stream_name) (nats_stream_total_messages${STREAMS})`,
      }),
      lines("Messages a second", "Published, by stream", "short", "look-at-jobs", {
        "{{stream_name}}": `sum by (stream_name) (rate(nats_stream_last_seq${STREAMS}${RATE}))`,
      }),
    ],
    Consumers: [
      narrow("Pending", "Not delivered yet", "short", "lookalikeconsumerstalled", {
        "{{consumer_name}}": `sum by (consumer_name) (nats_consumer_num_pending${CONSUMERS})`,
      }),
      narrow("Ack pending", "Delivered and not acked", "short", "lookalikeconsumerstalled", {
        "{{consumer_name}}": `sum by (consumer_name) (nats_consumer_num_ack_pending${CONSUMERS})`,
      }),
      narrow("Redelivered", "Delivered more than once and not acked", "short", "lookalikedeadletters", {
        "{{consumer_name}}": `sum by (consumer_name) (nats_consumer_num_redelivered${CONSUMERS})`,
      }),
      narrow(
        "Ack floor behind",
        "Messages between the ack floor and the last one delivered",
        "short",
        "lookalikeconsumerstalled",
        {
          "{{consumer_name}}": `sum by (consumer_name) (nats_consumer_delivered_consumer_seq${CONSUMERS} - nats_consumer_ack_floor_consumer_seq${CONSUMERS})`,
        },
      ),
      narrow(
        "Ack floor at rest",
        "1 = a consumer with work to do has acked nothing for five minutes",
        "short",
        "lookalikeconsumerstalled",
        {
          "{{consumer_name}}": `(sum by (consumer_name) (changes(nats_consumer_ack_floor_consumer_seq${CONSUMERS}[5m])) == bool 0) * (sum by (consumer_name) (nats_consumer_num_pending${CONSUMERS} + nats_consumer_num_ack_pending${CONSUMERS}) > bool 0)`,
        },
      ),
      narrow("Pulls waiting", "Requests of idle workers", "short", "add-a-node", {
        "{{consumer_name}}": `sum by (consumer_name) (nats_consumer_num_waiting${TASKS})`,
      }),
    ],
  },
};
