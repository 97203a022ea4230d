#!/usr/bin/env bash
# A server with a step of one's own: it refuses what it should, counts, and is changed by SIGHUP while it runs.
set -euo pipefail
server=$1
directory=$(mktemp -d) node=
end() {
  local status=$?
  [ -z "$node" ] || { kill "$node" 2>/dev/null && wait "$node" || true; }
  [ $status = 0 ] || cat "$directory"/*.log
  rm -rf "$directory"
  exit $status
}
trap end EXIT

cat >"$directory/troupe.toml" <<CONFIG
[listen]
address = "127.0.0.1:0"
[store]
directory = "$directory/data"
[[routes]]
verb = "send"
steps = ["no_shouting"]
CONFIG
"$server" config check --config "$directory/troupe.toml" >/dev/null
"$server" serve --config "$directory/troupe.toml" >"$directory/node.log" 2>&1 &
node=$!
until url=$(sed -n 's|^listening  \(http://[^ ]*\).*|\1|p' "$directory/node.log") && [ -n "$url" ]; do sleep 0.1; done
until [ "$(curl -s "$url/readyz")" = ready ]; do sleep 0.1; done

says() { curl -s -X POST "$url/api/v1/rooms/$1/messages" -d "{\"user\":\"ann\",\"body\":\"$2\"}"; }
says lounge 'hello there' | grep -q '"type":"ack"'
says lounge 'HELLO THERE' | grep -q '"do not shout: write in small letters"'
"$server" config explain /api send lounge --url "$url" --json | grep -q '"step":"no_shouting","route":"\* send \*room","requests":2'

reload() {
  kill -HUP "$node"
  until grep -q "$1" "$directory/node.log"; do sleep 0.1; done
}
sed -i 's/no_shouting/no_such_step/' "$directory/troupe.toml"
reload 'not reloaded: .*troupe.toml:7:1: routes.steps: there is no step "no_such_step"'
says lounge 'HELLO AGAIN' | grep -q '"do not shout'
sed -i '/^\[\[routes/,$d' "$directory/troupe.toml"
reload 'reloaded: routes'
until says lounge 'HELLO AGAIN' | grep -q '"type":"ack"'; do sleep 0.1; done
echo "a step of one's own was met, explained and taken away"
