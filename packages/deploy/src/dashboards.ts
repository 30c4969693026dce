import { CONSUMERS, EVENTS, STREAMS, TASKS } from "./alerts.ts";

/** The range of a rate: Grafana replaces it by one that fits the scrape interval. */
const RATE = "[$__rate_interval]";

/** The 95th percentile of a histogram for each value of a label. */
const p95 = (metric: string, by: string): string =>
  `histogram_quantile(0.95, sum by (le, ${by}) (rate(${metric}_bucket${RATE})))`;

export type Panel = ReturnType<ReturnType<typeof panel>>;

export interface Dashboard {
  readonly uid: string;
  readonly title: string;
  /** The panels of each row, by its title. */
  readonly rows: Readonly<Record<string, readonly Panel[]>>;
}

/**
 * @param width columns of 24
 * @param alarm the value is red from here on
 * @returns a panel of a title, what it shows, a unit as Grafana names it (short, s, bytes, percentunit, ops), the
 * section of the runbook, and the expressions of PromQL by their legends
 */
const panel =
  (kind: "stat" | "lines", width: number, alarm?: number) =>
  (title: string, about: string, unit: string, runbook: string, queries: Readonly<Record<string, string>>) => {
    return { title, about, kind, unit, width, runbook, queries, alarm };
  };

const stat = panel("stat", 4);
/** A number that is red from `alarm` on. */
const statWithAlarm = (alarm: number) => panel("stat", 4, alarm);
const lines = panel("lines", 12);
const narrow = panel("lines", 8);

/** What operators look at. A test runs every expression against a Prometheus that scraped a real run. */
export const DASHBOARDS: readonly Dashboard[] = [
  {
    uid: "lookalike-overview",
    title: "Lookalike: overview",
    rows: {
      "Is it healthy?": [
        stat("Services up", "Processes that Prometheus reaches", "short", "lookalikeservicedown", {
          up: 'sum(up{job="lookalike"})',
        }),
        statWithAlarm(600)(
          "Quietest job",
          "Time since anything happened to the running job that is quietest",
          "s",
          "lookalikejobstuck",
          { silence: "max(lookalike_job_silence_seconds)" },
        ),
        statWithAlarm(60)("Outbox age", "Age of the oldest message that is not published", "s", "lookalikeoutboxold", {
          age: "max(lookalike_outbox_age_seconds)",
        }),
        statWithAlarm(5_000)(
          "Projection behind",
          "Events that no coordinator has folded",
          "short",
          "lookalikeprojectionlag",
          { events: `sum(nats_consumer_num_pending${EVENTS})` },
        ),
        statWithAlarm(1)("Dead letters, 1 h", "Tasks that their workers gave up", "short", "lookalikedeadletters", {
          "dead letters": "sum(increase(lookalike_dead_letters_total[1h]))",
        }),
        stat("NATS connections", "Clients of the NATS servers", "short", "add-a-node", {
          connections: "sum(nats_varz_connections)",
        }),
      ],
      "What is it doing, and when will it be done?": [
        narrow("Jobs", "Jobs, by state", "short", "look-at-jobs", {
          "{{state}}": 'max by (state) (lookalike_jobs{state!~"completed|cancelled|failed"})',
        }),
        narrow("Remaining", "Time the longest running job still needs", "s", "look-at-jobs", {
          remaining: "max(lookalike_job_remaining_seconds)",
        }),
        narrow("Images a second", "Hashed, by outcome", "short", "lookalikeimagesfail", {
          "{{outcome}}": `sum by (outcome) (rate(lookalike_images_hashed_total${RATE}))`,
        }),
        narrow("Comparisons a second", "Pairs of hashes compared, by kernel", "short", "look-at-jobs", {
          "{{kernel}}": `sum by (kernel) (rate(lookalike_comparisons_total${RATE}))`,
        }),
        narrow("Similar pairs a second", "Edges found", "short", "look-at-jobs", {
          edges: `sum(rate(lookalike_edges_total${RATE}))`,
        }),
        narrow("Pairs verified a second", "By kind", "short", "look-at-jobs", {
          "{{kind}}": `sum by (kind) (rate(lookalike_pairs_verified_total${RATE}))`,
        }),
        // Ends with the roll-out: decision 0037.
        narrow("Roll-out", "Percent of new jobs that get a feature", "percent", "roll-out", {
          "{{feature}}": "max by (feature) (lookalike_rollout_percent)",
        }),
      ],
    },
  },
  {
    uid: "lookalike-job-flow",
    title: "Lookalike: job flow",
    rows: {
      "Funnel of the jobs that run": [
        lines("Images", "Listed, hashed, failed", "short", "look-at-jobs", {
          "{{stage}}": "max by (stage) (lookalike_running_images)",
        }),
        lines("Tasks", "Planned and dispatched, by kind", "short", "look-at-jobs", {
          "{{kind}} {{stage}}": 'max by (kind, stage) (lookalike_running_units{stage=~"planned|dispatched"})',
        }),
        lines("Window", "Tasks outstanding, and room left for more", "short", "look-at-jobs", {
          "{{kind}} {{stage}}": 'max by (kind, stage) (lookalike_running_units{stage=~"outstanding|credit"})',
        }),
        lines("Events folded a second", "By type", "short", "lookalikeprojectionlag", {
          "{{type}}": `sum by (type) (rate(lookalike_events_projected_total${RATE}))`,
        }),
      ],
      "Stragglers and repairs": [
        narrow("Projection lag", "Age of an event when it is folded", "s", "lookalikeprojectionlag", {
          lag: "max(lookalike_projection_lag_seconds)",
        }),
        narrow("Projection transaction, p95", "Time to fold a batch", "s", "lookalikeprojectionlag", {
          p95: p95("lookalike_projection_seconds", "service"),
        }),
        narrow("Wait for a worker, p95", "From publishing to first delivery", "s", "add-a-node", {
          "{{consumer}}": p95("lookalike_message_wait_seconds", "consumer"),
        }),
        narrow("Redeliveries a second", "By consumer", "short", "lookalikeconsumerstalled", {
          "{{consumer}}": `sum by (consumer) (rate(lookalike_message_redeliveries_total${RATE}))`,
        }),
        narrow("Dead letters", "In 10 minutes, by kind and outcome", "short", "lookalikedeadletters", {
          "{{kind}} {{outcome}}": "sum by (kind, outcome) (increase(lookalike_dead_letters_total[10m]))",
        }),
        narrow("Repairs", "Lost tasks the reconciler found in 10 minutes", "short", "lookalikejobstuck", {
          "{{kind}} {{outcome}}": "sum by (kind, outcome) (increase(lookalike_reconciler_repairs_total[10m]))",
        }),
        narrow("Outbox", "Messages that wait", "short", "lookalikeoutboxold", {
          messages: "max(lookalike_outbox_messages)",
        }),
        narrow("Refused events", "In 10 minutes, by type", "short", "verify-a-job", {
          refused: "sum(increase(lookalike_events_refused_total[10m])) or vector(0)",
        }),
        // Ends with the roll-out: decision 0037.
        narrow("Shadow differences", "Jobs whose shadow found other pairs, in a day", "short", "roll-out", {
          "{{feature}}": "sum by (feature) (increase(lookalike_rollout_differences_total[1d]))",
        }),
      ],
    },
  },
  {
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
  },
  {
    uid: "lookalike-workers",
    title: "Lookalike: workers",
    rows: {
      "Throughput and saturation": [
        lines("Messages a second", "Handled, by consumer and outcome", "short", "lookalikedeadletters", {
          "{{consumer}} {{outcome}}": `sum by (consumer, outcome) (rate(lookalike_message_handling_seconds_count${RATE}))`,
        }),
        lines("Task seconds, p95", "Time to handle a message, by consumer", "s", "add-a-node", {
          "{{consumer}}": p95("lookalike_message_handling_seconds", "consumer"),
        }),
        lines("Busy slots", "Share of the slots that handle a message, by stream", "percentunit", "add-a-node", {
          "{{stream}}": "sum by (stream) (lookalike_worker_busy) / sum by (stream) (lookalike_worker_slots > 0)",
        }),
        lines("Images listed a second", "By all sources", "short", "look-at-jobs", {
          listed: `sum(rate(lookalike_images_listed_total${RATE}))`,
        }),
      ],
      Failures: [
        lines("Images that failed", "In 10 minutes, by reason", "short", "lookalikeimagesfail", {
          "{{reason}}": "sum by (reason) (increase(lookalike_image_failures_total[10m]))",
        }),
        lines("Published again", "A second, by stream", "short", "lookalikeoutboxold", {
          retries: `sum(rate(lookalike_publish_retries_total${RATE})) or vector(0)`,
        }),
      ],
      Processes: [
        narrow("CPU", "Cores, by service", "short", "add-a-node", {
          "{{service}}": `sum by (service) (rate(process_cpu_seconds_total{job="lookalike"}${RATE}))`,
        }),
        narrow("Memory", "Resident, by service", "bytes", "add-a-node", {
          "{{service}}": 'sum by (service) (process_resident_memory_bytes{job="lookalike"})',
        }),
        narrow("Event-loop lag, p99", "By service", "s", "lookalikeeventloopblocked", {
          "{{service}}": "max by (service) (nodejs_eventloop_lag_p99_seconds)",
        }),
      ],
    },
  },
  {
    uid: "lookalike-api",
    title: "Lookalike: API and PostgreSQL",
    rows: {
      API: [
        narrow("Requests a second", "By route", "reqps", "lookalikeapierrors", {
          "{{method}} {{route}}": `sum by (method, route) (rate(lookalike_http_request_seconds_count${RATE}))`,
        }),
        narrow("Errors a second", "Answers 4xx and 5xx, by status", "reqps", "lookalikeapierrors", {
          "{{status}}": `sum by (status) (rate(lookalike_http_request_seconds_count{status=~"[45].."}${RATE})) or vector(0)`,
        }),
        narrow("Duration, p95", "By route", "s", "lookalikeapierrors", {
          "{{route}}": p95("lookalike_http_request_seconds", "route"),
        }),
        narrow("Operators' requests", "A second, by endpoint", "reqps", "look-at-jobs", {
          "{{endpoint}} {{outcome}}": `sum by (endpoint, outcome) (rate(lookalike_endpoint_seconds_count${RATE}))`,
        }),
        narrow("Operators' requests, p95", "By endpoint", "s", "look-at-jobs", {
          "{{endpoint}}": p95("lookalike_endpoint_seconds", "endpoint"),
        }),
        narrow("Webhooks", "Attempts in 10 minutes, by outcome", "short", "look-at-jobs", {
          attempts: "sum(increase(lookalike_webhook_attempts_total[10m])) or vector(0)",
        }),
      ],
      PostgreSQL: [
        narrow("Transactions a second", "Committed", "short", "lookalikepostgresdown", {
          "{{datname}}": `sum by (datname) (rate(pg_stat_database_xact_commit{datname!~"template.*|postgres|"}${RATE}))`,
        }),
        narrow("Connections", "By state, as the services' pools see them", "short", "lookalikepostgresdown", {
          "{{service}} {{state}}": "sum by (service, state) (lookalike_pool_connections)",
        }),
        narrow("Size", "Of the database", "bytes", "lookalikediskfull", {
          "{{datname}}": 'sum by (datname) (pg_database_size_bytes{datname!~"template.*|postgres"})',
        }),
        narrow("Rows a second", "Inserted, updated", "short", "lookalikepostgresdown", {
          inserted: `sum(rate(pg_stat_database_tup_inserted${RATE}))`,
          updated: `sum(rate(pg_stat_database_tup_updated${RATE}))`,
        }),
        narrow("Longest transaction", "Of all connections", "s", "lookalikepostgresdown", {
          longest: "max(pg_stat_activity_max_tx_duration)",
        }),
        narrow("Deadlocks", "In 10 minutes", "short", "lookalikepostgresdown", {
          deadlocks: "sum(increase(pg_stat_database_deadlocks[10m]))",
        }),
      ],
    },
  },
];
