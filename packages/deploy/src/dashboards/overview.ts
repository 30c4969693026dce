import { EVENTS, RATE } from "../selectors.ts";
import { type Dashboard, narrow, stat, statWithAlarm } from "./panel.ts";

export const OVERVIEW: Dashboard = {
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
      // Ends with the roll-out: decision 0037.
      narrow("Roll-out", "Percent of new jobs that get a feature", "percent", "roll-out", {
        "{{feature}}": "max by (feature) (lookalike_rollout_percent)",
      }),
    ],
  },
};
