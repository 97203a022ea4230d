#!/usr/bin/env bash
# A program that launches three nodes, kills each of them once, loses nothing, and lets them end in order.
set -euo pipefail
troupe=$1 launch_cluster=$2
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
"$launch_cluster" "$troupe" "$directory/data" | tee "$directory/log"
[ "$(grep -c '^stored as' "$directory/log")" = 6 ]
[ "$(grep '^stored as' "$directory/log" | tail -n 1)" = "stored as 6" ]
[ "$(grep -c ' ended with code 0$' "$directory/log")" = 3 ]
