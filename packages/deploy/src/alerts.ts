/** The leader's values alone: with replicas, each server reports each stream and consumer. */
export const CONSUMERS = '{stream_name=~"LOOKALIKE_.*", is_consumer_leader="true"}';
export const STREAMS = '{stream_name=~"LOOKALIKE_.*", is_stream_leader="true"}';
export const TASKS = '{stream_name="LOOKALIKE_TASKS", is_consumer_leader="true"}';
export const EVENTS = '{stream_name="LOOKALIKE_EVENTS", is_consumer_leader="true"}';

type Alert = ReturnType<ReturnType<typeof alert>>;

/**
 * An alert fires when its expression has been true for `duration`. Its section of docs/operations.md has its name.
 * @param severity page: needs someone now; ticket: this week
 */
const alert =
  (severity: "page" | "ticket") =>
  (name: string, duration: string, summary: string, { expr }: { readonly expr: string }) => {
    return { name, for: duration, summary, expr, severity };
  };
const page = alert("page");
const ticket = alert("ticket");

export const ALERTS = [
  page("LookalikeServiceDown", "2m", "A Lookalike process can't be reached", {
    expr: 'up{job="lookalike"} == 0 or absent(up{job="lookalike"})',
  }),
  page("LookalikePostgresDown", "1m", "PostgreSQL does not answer", {
    expr: "pg_up == 0 or absent(lookalike_jobs)",
  }),
  page("LookalikeJobStuck", "5m", "Nothing has happened to a running job for over ten minutes", {
    expr: "max(lookalike_job_silence_seconds) > 600",
  }),
  page("LookalikeOutboxOld", "1m", "Messages wait in the outbox: nothing new is dispatched", {
    expr: "max(lookalike_outbox_age_seconds) > 60",
  }),
  page("LookalikeConsumerStalled", "5m", "{{ $labels.consumer_name }} has messages and makes no progress", {
    expr: `sum by (stream_name, consumer_name) (nats_consumer_num_pending${CONSUMERS} + nats_consumer_num_ack_pending${CONSUMERS}) > 0 and sum by (stream_name, consumer_name) (changes(nats_consumer_ack_floor_consumer_seq${CONSUMERS}[10m])) == 0 and sum by (stream_name, consumer_name) (changes(nats_consumer_delivered_consumer_seq${CONSUMERS}[10m])) == 0`,
  }),
  page("LookalikeProjectionLag", "10m", "The coordinators fall behind the log", {
    expr: `sum(nats_consumer_num_pending${EVENTS}) > 5000 and sum(deriv(nats_consumer_num_pending${EVENTS}[10m])) > 0`,
  }),
  ticket("LookalikeDeadLetters", "0m", "{{ $labels.kind }} tasks were given up by their workers", {
    expr: "sum by (kind) (increase(lookalike_dead_letters_total[15m])) > 0",
  }),
  page("LookalikeQuarantine", "0m", "{{ $labels.kind }} tasks are in quarantine: results will be incomplete", {
    expr: 'sum by (kind) (increase(lookalike_dead_letters_total{outcome="quarantined"}[1h]) + increase(lookalike_reconciler_repairs_total{outcome="quarantined"}[1h])) > 0',
  }),
  ticket("LookalikeImagesFail", "10m", "Over a fifth of the images can't be hashed", {
    expr: 'sum(rate(lookalike_images_hashed_total{outcome="failed"}[30m])) / sum(rate(lookalike_images_hashed_total[30m])) > 0.2',
  }),
  ticket("LookalikeStreamNearLimit", "5m", "{{ $labels.stream_name }} is nearly full: its oldest messages go next", {
    expr: `nats_stream_total_bytes${STREAMS} / (nats_stream_limit_bytes${STREAMS} > 0) > 0.8`,
  }),
  page("LookalikeDiskFull", "5m", "A disk, or JetStream's share of it, is nearly full", {
    expr: 'nats_server_total_message_bytes / (nats_server_max_storage > 0) > 0.85 or node_filesystem_avail_bytes{fstype!~"tmpfs|overlay|squashfs|ramfs"} / node_filesystem_size_bytes < 0.1',
  }),
  ticket("LookalikeCertificateExpires", "1h", "The certificate {{ $labels.file }} expires within two weeks", {
    expr: "lookalike_certificate_expiry_timestamp_seconds - time() < 14 * 86400",
  }),
  ticket("LookalikeEventLoopBlocked", "10m", "{{ $labels.service }} answers late: its event loop is blocked", {
    expr: "max by (service) (nodejs_eventloop_lag_p99_seconds) > 0.5",
  }),
  page("LookalikeApiErrors", "5m", "The API answers over one request in twenty with an error", {
    expr: 'sum(rate(lookalike_http_request_seconds_count{status=~"5.."}[5m])) / sum(rate(lookalike_http_request_seconds_count[5m])) > 0.05',
  }),
  // Ends with the roll-out: decision 0037.
  page("LookalikeRolloutDifference", "0m", "A shadow of {{ $labels.feature }} found other pairs than its job", {
    expr: "sum by (feature) (increase(lookalike_rollout_differences_total[1h])) > 0",
  }),
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
