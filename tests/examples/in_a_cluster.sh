#!/usr/bin/env bash
# Rooms spawned by a program of one's own, and a bot, in a cluster of three nodes.
set -euo pipefail
troupe=$1 spawn_rooms=$2 bot=$3
directory=$(mktemp -d)
port=$((20000 + RANDOM % 10000))
"$troupe" cluster --nodes 3 --listen "127.0.0.1:$port" --data "$directory" >"$directory/cluster.log" 2>&1 &
cluster=$!
end() {
  local status=$?
  kill "$cluster" 2>/dev/null && wait "$cluster" || true
  [ $status = 0 ] || cat "$directory"/*.log
  rm -rf "$directory"
  exit $status
}
trap end EXIT

until [ "$(curl -s "http://127.0.0.1:$port/readyz")" = ready ] && [ -e "$directory/cluster.db" ]; do sleep 0.1; done
"$spawn_rooms" "$directory" 50 | tee "$directory/spawn.log" | grep -q "50 of 50 rooms answered"

"$bot" "$directory" lounge >"$directory/bot.log" 2>&1 &
robot=$!
until grep -q "I am here" "$directory/bot.log"; do sleep 0.1; done
curl -sf -X POST "http://127.0.0.1:$((port + 1))/api/v1/rooms/lounge/messages" -d '{"user":"ann","body":"hey parrot"}' >/dev/null
until grep -q "parrot: ann said: hey parrot" "$directory/bot.log"; do sleep 0.1; done
kill "$robot"
wait "$robot"
echo "rooms were spawned and the bot answered"
