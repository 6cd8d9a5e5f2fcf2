#!/bin/sh
# usage: ready.sh DATA_DIR PORT PID SECONDS -> returns once overlord, broker and indexer answer; fails when it ends or the time is over.
set -eu
ended=$(dirname "$0")/../ended.sh
data=${1:?usage: ready.sh DATA_DIR PORT PID SECONDS}
port=${2:?port}
pid=${3:?pid}
tries=$((${4:-120} * 2))

answers() { # the broker, and the overlord that knows its indexer
    curl -fsS -m 2 "http://127.0.0.1:$((port + 1))/druid/broker/v1/readiness" &&
        curl -fsS -m 2 "http://127.0.0.1:$((port + 2))/druid/historical/v1/readiness" &&
        curl -fsS -m 2 "http://127.0.0.1:$port/druid/indexer/v1/workers" | grep -q "127.0.0.1:$((port + 3))"
}

until answers > /dev/null 2>&1; do
    if "$ended" "$pid"; then
        echo "Druid ended before it was ready." >&2
        exit 70
    fi
    tries=$((tries - 1))
    if [ "$tries" -le 0 ]; then
        echo "Druid did not become ready in ${4:-120} s; see the logs in $data." >&2
        exit 70
    fi
    sleep 0.5
done
