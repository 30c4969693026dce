import { p95, RATE } from "../selectors.ts";
import { type Dashboard, lines, narrow } from "./panel.ts";

export const WORKERS: Dashboard = {
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
};
