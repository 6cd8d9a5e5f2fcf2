#!/bin/sh
# usage: ready.sh NAME DATA_DIR PORT PID [SECONDS] -> returns once NAME/answers.sh DATA_DIR PORT succeeds for the server that
# NAME/run.sh became, as PID; fails when that ends, or the time (60) is over.
set -eu
name=${1:?usage: ready.sh NAME DATA_DIR PORT PID [SECONDS]}
data=${2:?data}
port=${3:?port}
pid=${4:?pid}
seconds=${5:-60}
tries=$((seconds * 10))

has_ended() { # also where its parent has not taken notice yet (a zombie)
    ! kill -0 "$pid" 2> /dev/null || grep -q '^State:[[:space:]]*Z' "/proc/$pid/status" 2> /dev/null
}

until "$(dirname "$0")/$name/answers.sh" "$data" "$port" > /dev/null 2>&1; do
    if has_ended; then
        echo "$name ended before it was ready." >&2
        tail -n 5 "$data"/*.log >&2 2> /dev/null || true
        exit 70
    fi
    tries=$((tries - 1))
    if [ "$tries" -le 0 ]; then
        echo "$name did not become ready in $seconds s; see the logs in $data." >&2
        exit 70
    fi
    sleep 0.1
done
