#!/bin/sh
# usage: ready.sh DATA_DIR PORT PID SECONDS -> returns once it answers; fails when it ends or the time is over.
set -eu
ended=$(dirname "$0")/../ended.sh
data=${1:?usage: ready.sh DATA_DIR PORT PID SECONDS}
port=${2:?port}
pid=${3:?pid}
tries=$((${4:-20} * 5))
until curl -sS -m 2 -o /dev/null "http://127.0.0.1:$port/" 2> /dev/null; do
    if "$ended" "$pid"; then
        echo "The S3 gateway ended before it was ready." >&2
        if [ -f "$data/server.log" ]; then tail -n 5 "$data/server.log" >&2; fi
        exit 70
    fi
    tries=$((tries - 1))
    if [ "$tries" -le 0 ]; then
        echo "The S3 gateway did not become ready in ${4:-20} s; see $data/server.log." >&2
        exit 70
    fi
    sleep 0.2
done
