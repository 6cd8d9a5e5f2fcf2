#!/bin/sh
# usage: ready.sh DATA_DIR PID [SECONDS] -> returns once the server answers; fails when it ends or the time (60) is over.
set -eu
ended=$(dirname "$0")/../ended.sh
data=${1:?usage: ready.sh DATA_DIR PID [SECONDS]}
pid=${2:?pid}
tries=$((${3:-60} * 5))
until grep -q "Kafka Server started" "$data/server.log" 2> /dev/null; do
    if "$ended" "$pid"; then
        echo "Kafka ended before it was ready." >&2
        if [ -f "$data/server.log" ]; then tail -n 5 "$data/server.log" >&2; fi
        exit 70
    fi
    tries=$((tries - 1))
    if [ "$tries" -le 0 ]; then
        echo "Kafka did not become ready in ${3:-60} s; see $data/server.log." >&2
        exit 70
    fi
    sleep 0.2
done
