/** The leader's values alone: with replicas, each server reports each stream and consumer. */
export const CONSUMERS = '{stream_name=~"LOOKALIKE_.*", is_consumer_leader="true"}';
export const STREAMS = '{stream_name=~"LOOKALIKE_.*", is_stream_leader="true"}';
export const TASKS = '{stream_name="LOOKALIKE_TASKS", is_consumer_leader="true"}';
export const EVENTS = '{stream_name="LOOKALIKE_EVENTS", is_consumer_leader="true"}';

/** The range of a rate: Grafana replaces it by one that fits the scrape interval. */
export const RATE = "[$__rate_interval]";

/** The 95th percentile of a histogram for each value of a label. */
export const p95 = (metric: string, by: string): string =>
  `histogram_quantile(0.95, sum by (le, ${by}) (rate(${metric}_bucket${RATE})))`;
