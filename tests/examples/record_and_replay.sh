#!/usr/bin/env bash
# Records a node with two I/O threads under `troupe bench`, then replays the tape with the example: every recorded
# room has to behave as it did.
#
#   record_and_replay.sh TROUPE REPLAY_RECORDING
set -euo pipefail
troupe=$1 replay=$2
work=$(mktemp -d) server=
touch "$work/said"
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$work"' EXIT

export TROUPE_ROOM_RECORD_DIRECTORY=$work/tapes
"$troupe" serve --config "$(dirname "$0")/../../bench/bench.toml" --listen 127.0.0.1:0 --io-threads 2 --data "$work/data" \
  >"$work/said" 2>&1 &
server=$!
for _ in $(seq 100); do
  address=$(sed -n 's|^listening  http://\([^ ]*\).*|\1|p' "$work/said")
  [ -n "$address" ] && break
  sleep 0.1
done
[ -n "$address" ] || { cat "$work/said"; exit 1; }

"$troupe" bench rooms --url "ws://$address/ws" --rooms 20 --members 5 --rate 2000 --duration 2 --warmup 0.5
"$troupe" bench durable --url "ws://$address/ws" --senders 20 --rooms 5 --duration 2 --warmup 0.5
kill "$server"
wait "$server" || true

"$replay" "$work"/tapes/*.tape >"$work/replayed" || { cat "$work/replayed"; exit 1; }
tail -n 1 "$work/replayed"
[ "$(grep -c ' the same$' "$work/replayed")" -ge 25 ]
