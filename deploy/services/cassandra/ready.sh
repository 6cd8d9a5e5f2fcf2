#!/bin/sh
# usage: ready.sh DATA_DIR PORT PID [SECONDS] -> returns once the node listens; fails when it ends or the time (90) is over.
set -eu
ended=$(dirname "$0")/../ended.sh
data=${1:?usage: ready.sh DATA_DIR PORT PID [SECONDS]}
pid=${3:?pid}
tries=$((${4:-90} * 5))
until grep -q "Starting listening for CQL clients" "$data/server.log" 2> /dev/null; do
    if "$ended" "$pid"; then
        echo "Cassandra ended before it was ready." >&2
        if [ -f "$data/server.log" ]; then tail -n 5 "$data/server.log" >&2; fi
        exit 70
    fi
    tries=$((tries - 1))
    if [ "$tries" -le 0 ]; then
        echo "Cassandra did not become ready in ${4:-90} s; see $data/server.log." >&2
        exit 70
    fi
    sleep 0.2
done
