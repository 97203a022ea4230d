#!/usr/bin/env bash
# Runs the client's tests against a binary: test.sh build/release/bin/troupe. Ends with 77 where they cannot be run.
set -euo pipefail
cd "$(dirname "$0")/.."

skip() { echo "skipped: $1; scripts/setup brings it" && exit 77; }
command -v node >/dev/null || skip "there is no Node.js"
[ -x ../../node_modules/.bin/vitest ] || skip "node_modules is not there"

TROUPE_BINARY=$(realpath "$1")
export TROUPE_BINARY NO_COLOR=1
node scripts/generate_protocol.mjs --check
../../node_modules/.bin/tsc --noEmit
../../node_modules/.bin/vitest run
