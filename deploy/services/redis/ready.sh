#!/bin/sh
# usage: ready.sh DATA_DIR PORT PID [SECONDS] -> returns once the server answers; fails when it ends or the time (20) is over.
set -eu
ended=$(dirname "$0")/../ended.sh
data=${1:?usage: ready.sh DATA_DIR PORT PID [SECONDS]}
pid=${3:?pid}
tries=$((${4:-20} * 20))
until grep -q "Ready to accept connections" "$data/server.log" 2> /dev/null; do
    if "$ended" "$pid"; then
        echo "Redis ended before it was ready." >&2
        if [ -f "$data/server.log" ]; then tail -n 5 "$data/server.log" >&2; fi
        exit 70
    fi
    tries=$((tries - 1))
    if [ "$tries" -le 0 ]; then
        echo "Redis did not become ready in ${4:-20} s; see $data/server.log." >&2
        exit 70
    fi
    sleep 0.05
done
