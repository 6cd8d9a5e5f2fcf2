#!/bin/sh
# usage: ready.sh DATA_DIR PORT PID [SECONDS] -> returns once the node answers; fails when it ends or the time (60) is over.
set -eu
ended=$(dirname "$0")/../ended.sh
data=${1:?usage: ready.sh DATA_DIR PORT PID [SECONDS]}
port=${2:?port}
pid=${3:?pid}
tries=$((${4:-60} * 5))
until curl -sf -m 2 "http://127.0.0.1:$port/_cluster/health?wait_for_status=yellow&timeout=1s" > /dev/null 2>&1; do
    if "$ended" "$pid"; then
        echo "OpenSearch ended before it was ready." >&2
        if [ -f "$data/server.log" ]; then tail -n 5 "$data/server.log" >&2; fi
        exit 70
    fi
    tries=$((tries - 1))
    if [ "$tries" -le 0 ]; then
        echo "OpenSearch did not become ready in ${4:-60} s; see $data/server.log." >&2
        exit 70
    fi
    sleep 0.2
done
