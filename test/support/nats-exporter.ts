import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { z } from "zod";

const Sequences = z.object({ consumer_seq: z.number(), stream_seq: z.number() });
const Jsz = z.object({
  config: z.object({ max_storage: z.number() }),
  bytes: z.number().default(0),
  account_details: z
    .array(
      z.object({
        stream_detail: z
          .array(
            z.object({
              name: z.string(),
              config: z.object({ max_bytes: z.number() }),
              state: z.object({ messages: z.number(), bytes: z.number(), first_seq: z.number(), last_seq: z.number() }),
              consumer_detail: z
                .array(
                  z.object({
                    name: z.string(),
                    delivered: Sequences,
                    ack_floor: Sequences,
                    num_ack_pending: z.number(),
                    num_redelivered: z.number(),
                    num_waiting: z.number(),
                    num_pending: z.number(),
                  }),
                )
                .default([]),
            }),
          )
          .default([]),
      }),
    )
    .default([]),
});
const Varz = z.object({ connections: z.number() });

/**
 * Stands in for natsio/prometheus-nats-exporter -prefix=nats, which is in no package registry that CI may use: the same
 * names and labels, as far as dashboards and alerts use them, from the same pages of a real server
 * (collector/jsz.go of the exporter).
 */
export const startNatsExporter = async (monitoring: string): Promise<{ port: number; stop(): void }> => {
  const server = createServer(async (_request, response) => {
    try {
      const jsz = Jsz.parse(await (await fetch(`${monitoring}/jsz?consumers=true&config=true`)).json());
      const varz = Varz.parse(await (await fetch(`${monitoring}/varz`)).json());
      response.end(`${linesOf(jsz, varz).join("\n")}\n`);
    } catch {
      response.writeHead(503).end();
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { port: (server.address() as AddressInfo).port, stop: () => void server.close() };
};

const linesOf = (jsz: z.infer<typeof Jsz>, varz: z.infer<typeof Varz>): string[] => {
  const lines = [
    `nats_varz_connections ${varz.connections}`,
    `nats_server_max_storage ${jsz.config.max_storage}`,
    `nats_server_total_message_bytes ${jsz.bytes}`,
  ];
  for (const { name, config, state, consumer_detail } of jsz.account_details.flatMap((all) => all.stream_detail)) {
    const stream = `stream_name="${name}",is_stream_leader="true"`;
    const ofStream = {
      total_messages: state.messages,
      total_bytes: state.bytes,
      first_seq: state.first_seq,
      last_seq: state.last_seq,
      limit_bytes: config.max_bytes,
    };
    for (const [metric, value] of Object.entries(ofStream)) lines.push(`nats_stream_${metric}{${stream}} ${value}`);
    for (const consumer of consumer_detail) {
      const labels = `${stream},consumer_name="${consumer.name}",is_consumer_leader="true"`;
      const ofConsumer = {
        delivered_consumer_seq: consumer.delivered.consumer_seq,
        ack_floor_consumer_seq: consumer.ack_floor.consumer_seq,
        num_ack_pending: consumer.num_ack_pending,
        num_redelivered: consumer.num_redelivered,
        num_waiting: consumer.num_waiting,
        num_pending: consumer.num_pending,
      };
      for (const [metric, value] of Object.entries(ofConsumer))
        lines.push(`nats_consumer_${metric}{${labels}} ${value}`);
    }
  }
  return lines;
};
