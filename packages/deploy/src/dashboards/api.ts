import { p95, RATE } from "../selectors.ts";
import { type Dashboard, narrow } from "./panel.ts";

export const API: Dashboard = {
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
};
