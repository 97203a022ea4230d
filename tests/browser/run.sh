#!/usr/bin/env bash
# Tests the chat page:
#
#   run.sh build/release/bin/troupe   in Chromium, against nodes of this binary
#   run.sh --units                    its parts that need neither
#
# Ends with 77 where that is not possible. TROUPE_CHROMIUM names another browser.
set -euo pipefail
cd "$(dirname "$0")/../.."

skip() { echo "skipped: $1; scripts/setup brings it" && exit 77; }
command -v node >/dev/null || skip "there is no Node.js"
[ -x node_modules/.bin/vitest ] || skip "node_modules is not there"
export NO_COLOR=1

if [ "$1" = --units ]; then
  node_modules/.bin/tsc --noEmit -p web
  exec node_modules/.bin/vitest run --config web/vitest.config.ts
fi
[ -x "${TROUPE_CHROMIUM:-/usr/bin/chromium}" ] || skip "there is no Chromium"
TROUPE_BINARY=$(realpath "$1")
export TROUPE_BINARY
exec node_modules/.bin/vitest run --config tests/browser/vitest.config.ts
