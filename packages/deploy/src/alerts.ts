import { CONSUMERS, EVENTS, STREAMS } from "./selectors.ts";

/** An alert: when it fires, how urgent it is. Its section of docs/operations.md has its name. */
export interface Alert {
  readonly name: string;
  readonly expr: string;
  /** How long the expression must be true. */
  readonly for: string;
  readonly severity: "page" | "ticket";
  readonly summary: string;
}

export const ALERTS: readonly Alert[] = [
  {
    name: "LookalikeServiceDown",
    expr: 'up{job="lookalike"} == 0 or absent(up{job="lookalike"})',
    for: "2m",
    severity: "page",
    summary: "A Lookalike process can't be reached",
  },
  {
    name: "LookalikePostgresDown",
    expr: "pg_up == 0 or absent(lookalike_jobs)",
    for: "1m",
    severity: "page",
    summary: "PostgreSQL does not answer",
  },
  {
    name: "LookalikeJobStuck",
    expr: "max(lookalike_job_silence_seconds) > 600",
    for: "5m",
    severity: "page",
    summary: "Nothing has happened to a running job for over ten minutes",
  },
  {
    name: "LookalikeOutboxOld",
    expr: "max(lookalike_outbox_age_seconds) > 60",
    for: "1m",
    severity: "page",
    summary: "Messages wait in the outbox: nothing new is dispatched",
  },
  {
    name: "LookalikeConsumerStalled",
    expr: `sum by (stream_name, consumer_name) (nats_consumer_num_pending${CONSUMERS} + nats_consumer_num_ack_pending${CONSUMERS}) > 0 and sum by (stream_name, consumer_name) (changes(nats_consumer_ack_floor_consumer_seq${CONSUMERS}[10m])) == 0 and sum by (stream_name, consumer_name) (changes(nats_consumer_delivered_consumer_seq${CONSUMERS}[10m])) == 0`,
    for: "5m",
    severity: "page",
    summary: "{{ $labels.consumer_name }} has messages and makes no progress",
  },
  {
    name: "LookalikeProjectionLag",
    expr: `sum(nats_consumer_num_pending${EVENTS}) > 5000 and sum(deriv(nats_consumer_num_pending${EVENTS}[10m])) > 0`,
    for: "10m",
    severity: "page",
    summary: "The coordinators fall behind the log",
  },
  {
    name: "LookalikeDeadLetters",
    expr: "sum by (kind) (increase(lookalike_dead_letters_total[15m])) > 0",
    for: "0m",
    severity: "ticket",
    summary: "{{ $labels.kind }} tasks were given up by their workers",
  },
  {
    name: "LookalikeQuarantine",
    expr: 'sum by (kind) (increase(lookalike_dead_letters_total{outcome="quarantined"}[1h]) + increase(lookalike_reconciler_repairs_total{outcome="quarantined"}[1h])) > 0',
    for: "0m",
    severity: "page",
    summary: "{{ $labels.kind }} tasks are in quarantine: results will be incomplete",
  },
  {
    name: "LookalikeImagesFail",
    expr: 'sum(rate(lookalike_images_hashed_total{outcome="failed"}[30m])) / sum(rate(lookalike_images_hashed_total[30m])) > 0.2',
    for: "10m",
    severity: "ticket",
    summary: "Over a fifth of the images can't be hashed",
  },
  {
    name: "LookalikeStreamNearLimit",
    expr: `nats_stream_total_bytes${STREAMS} / (nats_stream_limit_bytes${STREAMS} > 0) > 0.8`,
    for: "5m",
    severity: "ticket",
    summary: "{{ $labels.stream_name }} is nearly full: its oldest messages go next",
  },
  {
    name: "LookalikeDiskFull",
    expr: 'nats_server_total_message_bytes / (nats_server_max_storage > 0) > 0.85 or node_filesystem_avail_bytes{fstype!~"tmpfs|overlay|squashfs|ramfs"} / node_filesystem_size_bytes < 0.1',
    for: "5m",
    severity: "page",
    summary: "A disk, or JetStream's share of it, is nearly full",
  },
  {
    name: "LookalikeCertificateExpires",
    expr: "lookalike_certificate_expiry_timestamp_seconds - time() < 14 * 86400",
    for: "1h",
    severity: "ticket",
    summary: "The certificate {{ $labels.file }} expires within two weeks",
  },
  {
    name: "LookalikeEventLoopBlocked",
    expr: "max by (service) (nodejs_eventloop_lag_p99_seconds) > 0.5",
    for: "10m",
    severity: "ticket",
    summary: "{{ $labels.service }} answers late: its event loop is blocked",
  },
  {
    name: "LookalikeApiErrors",
    expr: 'sum(rate(lookalike_http_request_seconds_count{status=~"5.."}[5m])) / sum(rate(lookalike_http_request_seconds_count[5m])) > 0.05',
    for: "5m",
    severity: "page",
    summary: "The API answers over one request in twenty with an error",
  },
  // Ends with the roll-out: decision 0037.
  {
    name: "LookalikeRolloutDifference",
    expr: "sum by (feature) (increase(lookalike_rollout_differences_total[1h])) > 0",
    for: "0m",
    severity: "page",
    summary: "A shadow of {{ $labels.feature }} found other pairs than its job",
  },
];

/** The alerts as Prometheus' rule file. */
export const prometheusRules = (alerts: readonly Alert[]): unknown => ({
  groups: [
    {
      name: "lookalike",
      rules: alerts.map(({ name, expr, for: duration, severity, summary }) => ({
        alert: name,
        expr,
        for: duration,
        labels: { severity },
        annotations: { summary, runbook: `docs/operations.md#${name.toLowerCase()}` },
      })),
    },
  ],
});
