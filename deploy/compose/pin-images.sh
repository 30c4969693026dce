#!/usr/bin/env bash
# Prints the images of compose.yaml with the digests that their registries have now, for .env. A release runs it once and
# tests what it prints; from then on nobody can put another image behind the same tag.
set -euo pipefail
pin() {
  local digest
  digest=$(docker buildx imagetools inspect "$2" --format '{{.Manifest.Digest}}')
  echo "$1=$2@$digest"
}
pin NODE_IMAGE node:20-bookworm-slim
pin NATS_IMAGE nats:2.12-alpine
pin NATS_EXPORTER_IMAGE natsio/prometheus-nats-exporter:0.20.1
pin POSTGRES_IMAGE postgres:18-bookworm
pin POSTGRES_EXPORTER_IMAGE quay.io/prometheuscommunity/postgres-exporter:v0.20.1
pin PROMETHEUS_IMAGE prom/prometheus:v3.9.0
pin GRAFANA_IMAGE grafana/grafana:12.4.0
