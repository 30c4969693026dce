import { p95, RATE } from "../selectors.ts";
import { type Dashboard, lines, narrow } from "./panel.ts";

export const JOB_FLOW: Dashboard = {
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
};
