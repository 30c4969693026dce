import { consumerPlans, streamPlans } from "@lookalike/shared/bus/topology";

const SECOND = 1_000_000_000;
/** A planned time as NACK writes it. @throws Error where the topology leaves it to the server */
const duration = (nanoseconds: number | undefined, name: string): string => {
  if (nanoseconds === undefined) throw new Error(`the topology plans no ${name}`);
  return `${nanoseconds / SECOND}s`;
};

type StreamPlan = ReturnType<typeof streamPlans>[number];
type ConsumerPlan = NonNullable<(typeof consumerPlans)[string]>[number];

/**
 * The streams and consumers as resources of NACK, JetStream's Kubernetes controller, from the topology
 * that the services use. With LOOKALIKE_TOPOLOGY=others the services only check them.
 */
export const nackResources = (replicas: number): unknown[] =>
  streamPlans(replicas).flatMap((stream) => [
    streamResource(stream),
    ...(consumerPlans[stream.name] ?? []).map((consumer) => consumerResource(stream.name, consumer)),
  ]);

const resource = (kind: string, name: readonly string[], spec: object) => ({
  apiVersion: "jetstream.nats.io/v1beta2",
  kind,
  metadata: { name: name.join("-").toLowerCase().replaceAll("_", "-") },
  spec: { ...spec, preventDelete: true },
});

const streamResource = (stream: StreamPlan) =>
  resource("Stream", [stream.name], {
    name: stream.name,
    subjects: stream.subjects,
    retention: stream.retention,
    storage: stream.storage,
    discard: stream.discard,
    discardPerSubject: stream.discard_new_per_subject,
    maxMsgsPerSubject: stream.max_msgs_per_subject,
    maxAge: duration(stream.max_age, `max_age of ${stream.name}`),
    maxBytes: stream.max_bytes,
    duplicateWindow: duration(stream.duplicate_window, `duplicate_window of ${stream.name}`),
    replicas: stream.num_replicas,
    allowDirect: stream.allow_direct,
    denyDelete: stream.deny_delete,
    denyPurge: stream.deny_purge,
  });

const consumerResource = (stream: string, consumer: ConsumerPlan) =>
  resource("Consumer", [stream, consumer.durable_name], {
    streamName: stream,
    durableName: consumer.durable_name,
    ackPolicy: consumer.ack_policy,
    deliverPolicy: consumer.deliver_policy,
    filterSubject: consumer.filter_subject,
    ackWait: duration(consumer.ack_wait, `ack_wait of ${consumer.durable_name}`),
    maxDeliver: consumer.max_deliver,
    maxAckPending: consumer.max_ack_pending,
  });
