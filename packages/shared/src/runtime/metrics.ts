import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { Counter, collectDefaultMetrics, Gauge, Histogram, register } from "prom-client";

/**
 * What a process measures, by Prometheus' conventions for names and base units
 * (prometheus.io/docs/practices/naming). Labels have few values: never a job, a tenant or an instance.
 * All metrics are in this file, so that the dashboards can be compared with it.
 */
const SECONDS = [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 60, 300, 1_800];

export const messageSeconds = new Histogram({
  name: "lookalike_message_handling_seconds",
  help: "Time to handle a message, by consumer and outcome: done, retried, parked or given_up",
  labelNames: ["consumer", "outcome"],
  buckets: SECONDS,
});
export const messageWaitSeconds = new Histogram({
  name: "lookalike_message_wait_seconds",
  help: "Time from a message's publishing to its first delivery, by consumer",
  labelNames: ["consumer"],
  buckets: SECONDS,
});
export const redeliveries = new Counter({
  name: "lookalike_message_redeliveries_total",
  help: "Messages that were delivered again, by consumer",
  labelNames: ["consumer"],
});
export const workerSlots = new Gauge({
  name: "lookalike_worker_slots",
  help: "Messages that a process may handle at once, by stream",
  labelNames: ["stream"],
});
export const workerBusy = new Gauge({
  name: "lookalike_worker_busy",
  help: "Messages that a process handles now, by stream",
  labelNames: ["stream"],
});
export const endpointSeconds = new Histogram({
  name: "lookalike_endpoint_seconds",
  help: "Time to answer an operator's request, by endpoint and outcome: ok, refused or failed",
  labelNames: ["endpoint", "outcome"],
  buckets: SECONDS,
});
export const httpSeconds = new Histogram({
  name: "lookalike_http_request_seconds",
  help: "Time to answer an HTTP request, by method, route and status",
  labelNames: ["method", "route", "status"],
  buckets: SECONDS,
});
export const publishRetries = new Counter({
  name: "lookalike_publish_retries_total",
  help: "Attempts to publish a message that failed and were repeated, by stream",
  labelNames: ["stream"],
});

export const unreadableMessages = new Counter({
  name: "lookalike_unreadable_messages_total",
  help: "Messages that were set aside because nobody can handle them, by stream or `progress`",
  labelNames: ["channel"],
});

export const imagesHashed = new Counter({
  name: "lookalike_images_hashed_total",
  help: "Images that a hasher has finished, by outcome: hashed, flat or failed",
  labelNames: ["outcome"],
});
export const imageFailures = new Counter({
  name: "lookalike_image_failures_total",
  help: "Images that could not be hashed, by reason",
  labelNames: ["reason"],
});
export const imagesListed = new Counter({
  name: "lookalike_images_listed_total",
  help: "Images that sources have listed",
});
export const comparisons = new Counter({
  name: "lookalike_comparisons_total",
  help: "Pairs of hashes compared, by kernel",
  labelNames: ["kernel"],
});
export const edgesFound = new Counter({
  name: "lookalike_edges_total",
  help: "Similar pairs found",
});

export const pairsVerified = new Counter({
  name: "lookalike_pairs_verified_total",
  help: "Pairs verified, by kind, and whether pictures were looked at, an earlier verdict was stored, or digests say it",
  labelNames: ["kind", "source"],
});

export const eventsProjected = new Counter({
  name: "lookalike_events_projected_total",
  help: "Events folded into the projection, by type",
  labelNames: ["type"],
});
export const eventsRefused = new Counter({
  name: "lookalike_events_refused_total",
  help: "Events that were refused, by type",
  labelNames: ["type"],
});
export const projectionSeconds = new Histogram({
  name: "lookalike_projection_seconds",
  help: "Time of a transaction that folds a batch of events",
  buckets: SECONDS,
});
export const projectionLagSeconds = new Gauge({
  name: "lookalike_projection_lag_seconds",
  help: "Age of the newest event at the moment it was folded",
});
export const deadLetters = new Counter({
  name: "lookalike_dead_letters_total",
  help: "Tasks that a worker or the server gave up, by kind and outcome",
  labelNames: ["kind", "outcome"],
});
export const repairs = new Counter({
  name: "lookalike_reconciler_repairs_total",
  help: "Lost messages that the reconciler found, by kind and outcome",
  labelNames: ["kind", "outcome"],
});
/** Ends with the roll-out: decision 0037. */
export const rolloutDifferences = new Counter({
  name: "lookalike_rollout_differences_total",
  help: "Shadow jobs whose result differs from their job's, by feature",
  labelNames: ["feature"],
});
export const webhookAttempts = new Counter({
  name: "lookalike_webhook_attempts_total",
  help: "Attempts to deliver a webhook, by outcome: delivered, failed or given_up",
  labelNames: ["outcome"],
});

/** A gauge whose values are read when Prometheus scrapes, by label values; without labels, one number. */
export const gauge = <Label extends string>(
  name: `lookalike_${string}`,
  help: string,
  labelNames: readonly Label[],
  read: () => Promise<number | { labels: Record<Label, string>; value: number }[]>,
): void => {
  new Gauge({
    name,
    help,
    labelNames: [...labelNames],
    async collect() {
      // A value that cannot be read is absent rather than old; the other metrics are still served.
      const values = await read().catch(() => []);
      this.reset();
      if (typeof values === "number") this.set(values);
      else for (const { labels, value } of values) this.set(labels, value);
    },
  });
};

/** Labels every metric with the service, and adds Node's own: memory, event-loop lag. */
export const startMetrics = (service: string, version: string): void => {
  register.setDefaultLabels({ service });
  collectDefaultMetrics();
  new Gauge({ name: "lookalike_build_info", help: "1, by the installed version", labelNames: ["version"] }).set(
    { version },
    1,
  );
};

/** Measures when the certificates in these PEM files expire. The files are read each time, because they are replaced in place. */
export const measureCertificates = (files: readonly string[]): void =>
  gauge(
    "lookalike_certificate_expiry_timestamp_seconds",
    "When a certificate expires, by the name of its file; 0 = it cannot be read",
    ["file"],
    () => Promise.all(files.map(async (file) => ({ labels: { file: basename(file) }, value: await expiry(file) }))),
  );

const expiry = (file: string): Promise<number> =>
  readFile(file).then(
    (pem) => Date.parse(new X509Certificate(pem).validTo) / 1_000,
    () => 0,
  );
